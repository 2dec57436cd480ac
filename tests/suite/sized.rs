//! Files of an exact size: a DataSet of one column exports as 4 bytes of header and 13 of each row.

use serde_json::{Value, json};
use writeback_cloud::Options;

use crate::world::World;

/// 320 KiB: the least that a fragment may have.
pub const GRID: u64 = 327_680;
/// Rows of one column that fill two grids to the byte.
pub const ROWS_OF_TWO_GRIDS: u64 = 50_412;
/// Rows of one column that make two whole fragments of 320 KiB and a part of a third.
pub const ROWS_OF_THREE_FRAGMENTS: u64 = 60_000;

/// Bytes of an export of `rows` rows of one column.
pub fn bytes_of(rows: u64) -> u64 {
    4 + 13 * rows
}

impl World {
    /// A world whose plain DataSets have one column.
    pub async fn narrow(rows: u64) -> World {
        let world = World::with(Options {
            rows,
            columns: 1,
            ..Options::default()
        })
        .await;
        assert_eq!(world.dataset("plain").bytes, bytes_of(rows));
        world
    }

    /// A world whose ready job sends three fragments, and that job.
    pub async fn of_three_fragments() -> (World, Value) {
        let world = World::narrow(ROWS_OF_THREE_FRAGMENTS).await;
        let job = world.job_in_fragments(GRID, GRID);
        (world, job)
    }

    /// The ready job with an upload session in fragments of this size, growing up to `most`.
    pub fn job_in_fragments(&self, fragment: u64, most: u64) -> Value {
        let mut job = self.job();
        job["upload"] = json!({ "simple_limit": 0, "fragment": fragment, "fragment_max": most });
        job
    }

    /// Runs a job whose file must land whole, whatever was there before.
    pub async fn landed_file_of(&self, job: &Value) {
        let receipt = self.receipt(job).await;
        let file = self.file("Finance/Documents/Reports/Daily/sales.csv");
        assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
    }

    /// Asserts that the ready job's file holds the plain DataSet to the byte, in one version.
    pub fn landed_once(&self, receipt: &Value) {
        let file = self.file("Finance/Documents/Reports/Daily/sales.csv");
        assert_eq!(file.size, self.dataset("plain").bytes);
        assert_eq!(receipt["export"]["quickxor"], json!(file.quick_xor_hash));
        assert_eq!(receipt["file"]["item_id"], json!(file.id));
        assert_eq!(receipt["verified"], json!("hash"));
        assert_eq!(file.versions, 1, "written once");
        assert_eq!(self.files().len(), 1, "and nothing else");
        assert_eq!(self.cloud.state().graph.open_sessions(), 0);
    }
}
