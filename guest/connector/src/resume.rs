//! The checkpoint: what a run wants to find again after a crash.
//!
//! Versioned JSON. It holds no secret: the upload URL in it is the host's `link:N`.
//! What cannot be read is forgotten, never guessed: the run then starts over.

use crate::domo::DataSet;
use crate::error::{Code, Failure};
use crate::graph::item::Item;
use crate::ports::{Level, Ports};
use crate::table::TableSummary;
use serde::{Deserialize, Serialize};

/// Version of the layout below.
const VERSION: u32 = 2;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    /// The export in the sealed blob.
    pub export: Option<SavedExport>,
    /// The name that the upload goes to, and the folder it was chosen in.
    pub name: Option<SavedName>,
    /// The upload session under way.
    pub session: Option<SavedSession>,
}

/// The export in the sealed blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedExport {
    /// DataSet id.
    pub dataset: String,
    /// Metadata at the time.
    pub rows: Option<u64>,
    /// Metadata at the time.
    pub updated_at: Option<String>,
    /// Metadata at the time.
    pub data_current_at: Option<String>,
    /// Records without the header.
    pub records: u64,
    /// Columns.
    pub columns: u64,
    /// Their names, as far as they were kept.
    pub names: Vec<String>,
    /// Bytes.
    pub bytes: u64,
    /// quickXorHash in base64.
    pub quickxor: String,
    /// Exports that it took.
    pub exports: u32,
    /// What its rows were held against.
    pub row_check: String,
}

/// A name that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedName {
    /// The name.
    pub name: String,
    /// Item id of the folder.
    pub folder: String,
    /// The file of that name that was there before.
    pub before: Option<Before>,
}

/// A file before the upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Its eTag.
    pub etag: Option<String>,
    /// What its version is called.
    pub version: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
}

impl From<Item> for Before {
    fn from(item: Item) -> Self {
        Self {
            etag: item.etag,
            version: item.version,
            size: item.size,
        }
    }
}

/// An upload session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSession {
    /// The host's stand-in for the upload URL.
    pub link: String,
    /// The file's name.
    pub name: String,
    /// Item id of the folder.
    pub folder: String,
}

impl Checkpoint {
    /// Reads the last checkpoint of an earlier attempt.
    pub fn read<P: Ports>(ports: &P, state: Option<&[u8]>) -> Self {
        let Some(state) = state else {
            return Self::default();
        };
        match serde_json::from_slice::<Self>(state) {
            Ok(checkpoint) if checkpoint.version == VERSION => checkpoint,
            _ => {
                ports.log(
                    Level::Info,
                    "the checkpoint is of another version: starting over",
                );
                Self::default()
            }
        }
    }

    /// Makes the checkpoint durable.
    pub fn save<P: Ports>(&mut self, ports: &P) -> Result<(), Failure> {
        self.version = VERSION;
        let state = serde_json::to_vec(self).unwrap_or_default();
        ports.save(&state).map_err(|text| {
            Failure::new(
                Code::CheckpointFailed,
                format!("keeping the run's state failed: {text}"),
            )
            .hint("check the disk under the state directory")
        })
    }
}

impl SavedExport {
    /// What an export leaves behind.
    pub fn new(exported: &crate::export::Exported) -> Self {
        let (dataset, summary) = (&exported.dataset, &exported.summary);
        Self {
            dataset: dataset.id.clone(),
            rows: dataset.rows,
            updated_at: dataset.updated_at.clone(),
            data_current_at: dataset.data_current_at.clone(),
            records: summary.records,
            columns: summary.columns,
            names: summary.names.clone(),
            bytes: summary.bytes,
            quickxor: summary.digest.to_string(),
            exports: exported.exports,
            row_check: exported.row_check.word().to_owned(),
        }
    }

    /// The export with its metadata of the time, if it is of this DataSet.
    pub fn restored(&self, dataset: &DataSet) -> Option<crate::export::Exported> {
        if !self.dataset.eq_ignore_ascii_case(&dataset.id) {
            return None;
        }
        let dataset = DataSet {
            rows: self.rows,
            updated_at: self.updated_at.clone(),
            data_current_at: self.data_current_at.clone(),
            ..dataset.clone()
        };
        Some(crate::export::Exported {
            dataset,
            summary: TableSummary {
                records: self.records,
                columns: self.columns,
                names: self.names.clone(),
                bytes: self.bytes,
                digest: self.quickxor.parse().ok()?,
                ended: true,
            },
            exports: self.exports,
            row_check: crate::export::RowCheck::from_word(&self.row_check)?,
        })
    }
}
