//! What a job that succeeded can prove: one JSON document, schema 1.
//!
//! It is only written after verification, or where the job wanted no file.

use crate::call::Run;
use crate::export::{Exported, Visible};
use crate::graph::item::Item;
use crate::place::Place;
use crate::ports::Ports;
use crate::upload::{Method, Outcome, Uploaded};
use crate::verify::Verified;
use serde_json::{Value, json};

/// Version of the receipt's layout.
pub const SCHEMA: u32 = 1;

/// What a receipt is made of.
pub struct Receipt<'a> {
    /// The job's name.
    pub job: &'a str,
    /// Where the file is.
    pub place: &'a Place,
    /// What left Domo.
    pub exported: &'a Exported,
    /// What landed and what of it was compared; `None` where the job wanted no file.
    pub landed: Option<(&'a Uploaded, Verified)>,
    /// Which rows of a restricted DataSet were seen.
    pub visible: Visible,
    /// Milliseconds in each step.
    pub steps: &'a [(&'static str, u64)],
}

impl Receipt<'_> {
    /// The document.
    pub fn document<P: Ports>(&self, run: &Run<'_, P>) -> Value {
        let steps = self
            .steps
            .iter()
            .map(|(step, ms)| json!({ "step": step, "ms": ms }));
        json!({
            "schema": SCHEMA,
            "job": self.job,
            "outcome": self.landed.map_or("skipped", |(uploaded, _)| outcome(uploaded.outcome)),
            "file": self.landed.map(|(uploaded, _)| self.file(&uploaded.item)),
            "dataset": self.dataset(),
            "export": {
                "rows": self.exported.summary.records,
                "columns": self.exported.summary.columns,
                "bytes": self.exported.summary.bytes,
                "quickxor": self.exported.summary.digest.to_string(),
                "exports": self.exported.exports,
            },
            "verified": self.landed.map(|(_, verified)| verified.word()),
            "row_check": self.exported.row_check.word(),
            "upload": self.landed.map(|(uploaded, _)| upload(uploaded)),
            "attempts": {
                "requests": run.tally.requests,
                "retries": run.tally.retries,
                "waited_ms": run.tally.waited,
            },
            "steps": steps.collect::<Vec<_>>(),
            "warnings": run.warnings,
        })
    }

    fn file(&self, item: &Item) -> Value {
        let place = self.place;
        json!({
            "name": item.name,
            "url": item.url,
            "site": place.site.name,
            "site_url": place.site.url,
            "library": place.drive.name,
            "folder": place.folder.path(),
            "drive_id": place.drive.id,
            "item_id": item.id,
            "etag": item.etag,
            "bytes": item.size,
            "quickxor": item.quickxor,
        })
    }

    fn dataset(&self) -> Value {
        let dataset = &self.exported.dataset;
        let seen = match self.visible {
            Visible::All => "all",
            Visible::Perhaps => "permitted",
        };
        json!({
            "id": dataset.id,
            "name": dataset.name,
            "rows": dataset.rows,
            "columns": dataset.columns,
            "updated_at": dataset.updated_at,
            "pdp": dataset.pdp,
            "rows_seen": seen,
        })
    }
}

fn upload(uploaded: &Uploaded) -> Value {
    json!({
        "method": match uploaded.method {
            Method::Simple => "simple",
            Method::Session => "session",
        },
        "fragments": uploaded.fragments,
        "sent_bytes": uploaded.sent,
    })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Replaced => "replaced",
        Outcome::Renamed => "renamed",
    }
}
