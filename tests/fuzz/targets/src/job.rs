//! The job: one that is read is read the same when written down again, keeps every rule that it promises to
//! the rest, and leads to requests that stay at their service. One that is refused says why.

use crate::requests::{GRAPH, assert_below};
use serde_json::{Value, json};
use writeback_connector::domo;
use writeback_connector::error::Code;
use writeback_connector::graph::{path, site};
use writeback_connector::job::{
    FilenameChoice, Fraction, IfEmpty, IfExists, IfLocked, Job, OwnerRule, PdpRule, RowsRule,
    SiteChoice, Verify,
};
use writeback_connector::place::name;

const DOMO: &str = "https://api.domo.com";

/// The target.
pub fn job(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let job = match Job::parse(&text) {
        Ok(job) => job,
        Err(failure) => {
            assert_eq!(failure.code, Code::JobInvalid);
            assert!(failure.message.starts_with("the job has ") && failure.hint.is_some());
            return;
        }
    };
    promised(&job);
    addressed(&job);
    let written = written(&job).to_string();
    let again = Job::parse(&written).unwrap_or_else(|why| panic!("{written}: {why}"));
    assert_eq!(again, job, "{written}");
}

fn promised(job: &Job) {
    let upload = job.upload;
    for size in [upload.fragment, upload.fragment_max] {
        assert!(size > 0 && size % (320 * 1024) == 0 && size < 60 << 20);
    }
    assert!(upload.fragment <= upload.fragment_max && upload.simple_limit <= 250 << 20);
    assert!((1..=20).contains(&job.retry.attempts));
    for (depth, folder) in job.sharepoint.folder.iter().enumerate() {
        assert_eq!(name::check_folder(folder, depth == 0), Ok(()));
    }
    if let FilenameChoice::Custom(file) = &job.sharepoint.filename {
        assert_eq!(name::check_file(file), Ok(()));
    }
}

fn addressed(job: &Job) {
    let request = match &job.sharepoint.site {
        SiteChoice::Url { host, path } => site::with_key(GRAPH, &site::key_at(host, path)),
        SiteChoice::Id(id) => site::with_key(GRAPH, &site::key_of(id)),
        SiteChoice::Group(group) => site::of_group(GRAPH, group),
        SiteChoice::Search(text) => site::search(GRAPH, text),
    };
    assert_below(GRAPH, &request);
    for request in [domo::dataset, domo::export, domo::count] {
        assert_below(DOMO, &request(DOMO, &job.domo.dataset));
    }
}

fn written(job: &Job) -> Value {
    let (domo, place) = (&job.domo, &job.sharepoint);
    json!({
        "schema": 1,
        "name": job.name,
        "probe": job.probe,
        "domo": {
            "account": domo.account,
            "dataset": domo.dataset,
            "rows": match domo.rows { RowsRule::Strict => "strict", RowsRule::Warn => "warn" },
            "pdp": match domo.pdp { PdpRule::Warn => "warn", PdpRule::Refuse => "refuse", PdpRule::Allow => "allow" },
            "owner": match domo.owner { OwnerRule::Warn => "warn", OwnerRule::Enforce => "enforce", OwnerRule::Off => "off" },
            "export_attempts": domo.export_attempts,
        },
        "sharepoint": {
            "account": place.account,
            "site": site(&place.site),
            "library": place.library,
            "folder": place.folder.join("/"),
            "create_folders": place.create_folders,
            "filename": match &place.filename {
                FilenameChoice::DataSetId => json!("dataset-id"),
                FilenameChoice::DataSetName => json!("dataset-name"),
                FilenameChoice::Custom(file) => json!({ "custom": file }),
            },
            "if_exists": match place.if_exists { IfExists::Replace => "replace", IfExists::Rename => "rename" },
            "if_locked": match place.if_locked { IfLocked::Fail => "fail", IfLocked::Rename => "rename" },
            "lock_wait_seconds": place.lock_wait,
            "verify": match place.verify { Verify::Hash => "hash", Verify::Warn => "warn", Verify::Size => "size" },
        },
        "guard": {
            "if_empty": match job.guard.if_empty { IfEmpty::Fail => "fail", IfEmpty::Write => "write", IfEmpty::Skip => "skip" },
            "min_rows": job.guard.min_rows,
            "max_shrink": job.guard.max_shrink.map(Fraction::number),
            "expect_columns": job.guard.expect_columns,
        },
        "upload": {
            "simple_limit": job.upload.simple_limit,
            "fragment": job.upload.fragment,
            "fragment_max": job.upload.fragment_max,
        },
        "retry": {
            "attempts": job.retry.attempts,
            "max_wait_seconds": job.retry.wait / 1000,
            "deadline_seconds": job.retry.deadline.unwrap_or(0) / 1000,
        },
    })
}

fn site(choice: &SiteChoice) -> Value {
    match choice {
        SiteChoice::Url { host, path } => {
            let names: Vec<&str> = path.split('/').collect();
            json!({ "url": format!("https://{host}/{}", path::segments(&names)) })
        }
        SiteChoice::Id(id) => json!({ "id": id }),
        SiteChoice::Group(group) => json!({ "group": group }),
        SiteChoice::Search(text) => json!({ "search": text }),
    }
}
