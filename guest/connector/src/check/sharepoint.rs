//! The checks on SharePoint's side.

use super::{Report, Status};
use crate::account::{Account, Reach, permission_hint, reach};
use crate::call::{Run, Via};
use crate::domo::DataSet;
use crate::error::{Code, Failure};
use crate::filename;
use crate::graph::item::{self, Conflict};
use crate::graph::{path, session};
use crate::job::{FilenameChoice, IfExists, Job};
use crate::place::{self, Place, Walk};
use crate::ports::Ports;
use crate::refusal::Service;
use crate::upload::busy;

pub(super) fn check<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    dataset: Option<&DataSet>,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = &job.sharepoint;
    let name = name(job, dataset, report);
    let account = run.account(Service::SharePoint, &wanted.account);
    let account = report.settle("sharepoint-sign-in", account, |account| {
        let subject = account.identity.subject.as_deref().unwrap_or("unknown");
        format!("signed in as `{subject}`")
    })?;
    permissions(&account, job.probe, report);
    let site = place::site(run, &account, &wanted.site);
    let site = report.settle("site", site, |site| {
        format!("`{}` at {}", site.name, site.url)
    })?;
    let drive = place::library(run, &account, &site, wanted.library.as_deref());
    let drive = report.settle("library", drive, |drive| {
        format!("`{}` at {}", drive.name, drive.url)
    })?;
    if let Some(host) = path::host_of_url(&drive.url).or_else(|| path::host_of_url(&site.url)) {
        report.upload_host(host);
    }
    let name = name.filter(|name| {
        let fits = place::check_length(&drive, &wanted.folder, name);
        fits.map_err(|failure| report.fail("filename", &failure))
            .is_ok()
    });
    let (names, may_create) = (&wanted.folder, wanted.create_folders);
    let walk = place::walk(run, &account, &drive, names, may_create);
    let walk = report.settle("folder", walk, told)?;
    let Some(name) = name else {
        return Ok(());
    };
    let place = Place {
        site,
        drive,
        folder: walk.folder,
        missing: walk.missing,
    };
    if place.missing.is_empty() {
        existing(run, &account, &place, &name, wanted.if_exists, report)?;
    } else {
        report.add(
            "existing-file",
            Status::Ok,
            "the folder does not exist yet, so the name is free",
        );
    }
    probe(run, &account, &place, &name, job.probe, report)
}

/// Where each site is granted by itself, only a write tells; with `probe` there will be one.
pub(crate) fn permissions<P: Ports>(account: &Account<P>, probe: bool, report: &mut Report) {
    let identity = &account.identity;
    let granted: Vec<&str> = identity
        .roles
        .iter()
        .chain(&identity.scopes)
        .map(String::as_str)
        .collect();
    let list = granted.join(", ");
    let hint = permission_hint(identity);
    let lacking = match reach(identity) {
        Reach::Every => {
            report.add("permissions", Status::Ok, format!("the token has {list}"));
            return;
        }
        Reach::Selected => {
            let text =
                format!("the token has {list}: it reaches the sites that were granted one by one");
            if probe {
                report.add("permissions", Status::Ok, text);
            } else {
                report.add("permissions", Status::Warning, text);
                report.hint("check with `--probe`, which shows whether this site is one of them");
            }
            return;
        }
        Reach::None if granted.is_empty() => "the token has no permissions at all".to_owned(),
        Reach::None => format!("the token has {list}, which does not allow a write"),
    };
    let failure = Failure::new(Code::SharePointForbidden, lacking).hint(hint);
    report.fail("permissions", &failure);
}

fn name(job: &Job, dataset: Option<&DataSet>, report: &mut Report) -> Option<String> {
    let unknown = DataSet::default();
    let dataset = match (&job.sharepoint.filename, dataset) {
        (FilenameChoice::DataSetName, None) => return None,
        (_, dataset) => dataset.unwrap_or(&unknown),
    };
    let chosen = filename::choose(&job.sharepoint.filename, dataset, &job.domo.dataset);
    match chosen.note {
        Some(note) => report.add("filename", Status::Warning, note),
        None => report.add("filename", Status::Ok, format!("`{}`", chosen.name)),
    }
    Some(chosen.name)
}

fn told(walk: &Walk) -> String {
    let path = match walk.folder.names.is_empty() {
        true => "Root".to_owned(),
        false => walk.folder.path(),
    };
    match walk.missing.is_empty() {
        true => format!("`{path}` exists"),
        false => format!(
            "`{path}` exists; `{}` will be created below it",
            walk.missing.join("/")
        ),
    }
}

fn existing<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    name: &str,
    if_exists: IfExists,
    report: &mut Report,
) -> Result<(), Failure> {
    let (base, drive) = (&account.base, &place.drive.id);
    let request = item::named(base, drive, &place.folder.id, name);
    let what = format!("reading `{}`", place.file(name));
    let found = place::find(run, account, &what, &request).map_err(Failure::from);
    let found = match found {
        Ok(Some(item)) if item.is_folder() && if_exists == IfExists::Replace => {
            let text = format!(
                "`{}` is a folder, so no file can have that name",
                place.file(name)
            );
            Err(Failure::new(Code::NameIsFolder, text).hint("choose another file name"))
        }
        found => found,
    };
    report.settle("existing-file", found, |found| match (found, if_exists) {
        (None, _) => "the name is free".to_owned(),
        (Some(item), IfExists::Replace) => {
            format!("`{}` exists and will get a new version", item.name)
        }
        (Some(item), IfExists::Rename) => {
            format!("`{}` exists, so the file gets a number", item.name)
        }
    })?;
    Ok(())
}

/// Opens an upload session and deletes it: proves the right to write and the upload host.
fn probe<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    name: &str,
    wanted: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    if !wanted {
        report.add(
            "upload-session",
            Status::NotChecked,
            "use `--probe` to open an upload session and delete it",
        );
        return Ok(());
    }
    let id = &place.folder.id;
    let (base, drive) = (&account.base, &place.drive.id);
    let request = session::create(base, drive, id, name, Conflict::Replace);
    let what = format!("opening an upload session for `{}`", place.file(name));
    let opened = run.call(account, &what, &request);
    let opened = opened.map_err(|error| match error.status() {
        Some(409) => busy(error.into()),
        _ => error.into(),
    });
    let tried = opened.and_then(|reply| match session::read_link(&reply) {
        Some(link) => delete(run, &link),
        None => Err(Failure::new(
            Code::SharePointRefused,
            format!("{what} failed: the reply has no upload URL"),
        )),
    });
    report.settle("upload-session", tried, |()| {
        "opened and deleted".to_owned()
    })
}

fn delete<P: Ports>(run: &mut Run<'_, P>, link: &str) -> Result<(), Failure> {
    let mut tries = run.tries();
    loop {
        match run.attempt(&Via::Link, &session::delete(link), None) {
            Ok(_) => return Ok(()),
            Err(trouble) if trouble.status() == Some(404) => return Ok(()),
            Err(trouble) => run.again(&mut tries, "deleting the upload session", None, trouble)?,
        }
    }
}
