//! The job from end to end: prepare, export, guard, upload, verify, receipt.

use crate::account::Account;
use crate::call::Run;
use crate::checkin::check_in;
use crate::domo::{self, DataSet};
use crate::error::{Code, Failure};
use crate::export::{self, Exported, Judgement};
use crate::filename::{self, number_of};
use crate::graph::item;
use crate::guard::{self, Fate};
use crate::job::{IfExists, Job};
use crate::message::Request;
use crate::place::{self, Place};
use crate::ports::{Blob, Level, Ports, Secret, Step};
use crate::receipt::Receipt;
use crate::refusal::Service;
use crate::resume::{Checkpoint, SavedExport};
use crate::turn;
use crate::upload::{self, Payload, Plan, Uploaded};
use crate::verify::{Verified, verify};

/// What the export is called in the spool.
pub const BLOB: &str = "export.csv";

/// Runs a job to its receipt.
pub fn run<P: Ports>(ports: &P, job: &str, resume: Option<&[u8]>) -> Result<String, Failure> {
    let job = Job::parse(job)?;
    let mut run = Run::new(ports, job.retry);
    let mut checkpoint = Checkpoint::read(ports, resume);
    let ended = steps(&mut run, &job, &mut checkpoint);
    // A cancelled run may go on where it was; any other failure gives the session up.
    if let Err(failure) = &ended
        && failure.code != Code::Cancelled
        && let Some(session) = checkpoint.session.take()
    {
        upload::abandon(&mut run, &session);
    }
    ended
}

fn steps<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    checkpoint: &mut Checkpoint,
) -> Result<String, Failure> {
    let ports = run.ports;
    let mut clock = Clock::default();
    ports.report(Step::Preparing);
    let mut prepared = prepare(run, job, checkpoint)?;
    clock.ends(run, "prepare");

    let blob = ports.blob(BLOB).map_err(export::spool_failure)?;
    let exported = fetch(run, job, &prepared, &blob, checkpoint)?;
    if let Some(text) = export::columns(&exported.dataset, exported.summary.columns) {
        run.warn(text);
    }
    clock.ends(run, "export");
    if let Fate::Skip(why) = guarded(run, job, &prepared, &exported)? {
        run.warn(why);
        return Ok(receipt(run, job, &prepared, &exported, None, &clock));
    }

    place::complete(run, &prepared.sharepoint, &mut prepared.place)?;
    let payload = Payload {
        blob: &blob,
        bytes: exported.summary.bytes,
        digest: exported.summary.digest,
    };
    let plan = Plan {
        account: &prepared.sharepoint,
        place: &prepared.place,
        name: &prepared.name,
        if_exists: job.sharepoint.if_exists,
        if_locked: job.sharepoint.if_locked,
        sizes: job.upload,
    };
    let mut uploaded = upload::upload(run, &plan, &payload, checkpoint)?;
    clock.ends(run, "upload");

    let (account, rule) = (&prepared.sharepoint, job.sharepoint.verify);
    let before = uploaded.before.as_ref();
    let item = uploaded.item.clone();
    let (item, verified) = verify(run, account, &prepared.place, item, &payload, rule, before)?;
    uploaded.item = check_in(run, account, &prepared.place, item)?;
    clock.ends(run, "verify");

    let landed = Some((&uploaded, verified));
    Ok(receipt(run, job, &prepared, &exported, landed, &clock))
}

/// Holds the export against the job's `[guard]`.
fn guarded<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    prepared: &Prepared<P>,
    exported: &Exported,
) -> Result<Fate, Failure> {
    let fate = guard::judge(&job.guard, &job.domo.dataset, &exported.summary)?;
    if fate == Fate::Write {
        let (account, place) = (&prepared.sharepoint, &prepared.place);
        let (most, bytes) = (job.guard.max_shrink, exported.summary.bytes);
        guard::size(run, account, place, &prepared.name, most, bytes)?;
    }
    Ok(fate)
}

fn receipt<P: Ports>(
    run: &Run<'_, P>,
    job: &Job,
    prepared: &Prepared<P>,
    exported: &Exported,
    landed: Option<(&Uploaded, Verified)>,
    clock: &Clock,
) -> String {
    let receipt = Receipt {
        job: &job.name,
        place: &prepared.place,
        exported,
        landed,
        visible: export::visible(&exported.dataset, &prepared.domo.identity),
        steps: &clock.steps,
    };
    receipt.document(run).to_string()
}

/// What is known before the first byte moves.
struct Prepared<P: Ports> {
    domo: Account<P>,
    sharepoint: Account<P>,
    dataset: DataSet,
    place: Place,
    name: String,
}

fn prepare<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    checkpoint: &Checkpoint,
) -> Result<Prepared<P>, Failure> {
    foresee(run, job);
    let domo = run.account(Service::Domo, &job.domo.account)?;
    let mut dataset = export::metadata(run, &domo, &job.domo.dataset)?;
    let rules = [
        export::owner(run, &domo, job.domo.owner, &dataset),
        export::pdp(job.domo.pdp, &dataset, &domo.identity),
    ];
    for judgement in rules {
        match judgement {
            Judgement::Fine => {}
            Judgement::Warn(text) => run.warn(text),
            Judgement::Refuse(failure) => return Err(failure),
        }
    }
    let filename = filename::choose(&job.sharepoint.filename, &dataset, &job.domo.dataset);
    if let Some(note) = filename.note {
        run.warn(note);
    }
    let sharepoint = run.account(Service::SharePoint, &job.sharepoint.account)?;
    let shelf = place::shelf(run, &sharepoint, &job.sharepoint, &filename.name)?;
    if turn::wait(run, &shelf.drive, &job.sharepoint.folder, &filename.name)? {
        // What was read before is old by now.
        dataset = export::metadata(run, &domo, &job.domo.dataset)?;
    }
    if checkpoint.export.is_none() {
        let request = domo::export(&domo.base, &job.domo.dataset);
        run.prefetch(Service::Domo, &domo.secret, &request);
    }
    let place = place::resolve(run, &sharepoint, &job.sharepoint, shelf)?;
    Ok(Prepared {
        domo,
        sharepoint,
        dataset,
        place,
        name: filename.name,
    })
}

/// Has SharePoint signed in to and asked while Domo is; what goes wrong is told when its turn comes.
fn foresee<P: Ports>(run: &mut Run<'_, P>, job: &Job) {
    let Ok(secret) = run.ports.secret(&job.sharepoint.account) else {
        return;
    };
    if let Ok(base) = secret.endpoint(Service::SharePoint.endpoint()) {
        place::foresee(run, &secret, &base, &job.sharepoint);
    }
}

/// The export: the one that an earlier attempt sealed, if it is still true, or a new one.
fn fetch<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    prepared: &Prepared<P>,
    blob: &P::Blob,
    checkpoint: &mut Checkpoint,
) -> Result<Exported, Failure> {
    let saved = checkpoint.export.as_ref();
    if let Some(exported) = saved.and_then(|saved| saved.restored(&prepared.dataset)) {
        // A power cut may have taken the blob. A file that landed does not need it.
        let kept = blob.sealed() && blob.length() == exported.summary.bytes;
        let same = exported.dataset.surely_same_data(&prepared.dataset);
        if (kept && same) || landed(run, job, prepared, checkpoint, &exported)? {
            let text = "the export of the earlier attempt is still true: not exporting again";
            run.ports.log(Level::Info, text);
            return Ok(exported);
        }
    }
    // Other bytes: the session of the earlier attempt is of no use. What the name held before is still so.
    if let Some(session) = checkpoint.session.take() {
        upload::abandon(run, &session);
    }
    checkpoint.export = None;
    let before = prepared.dataset.clone();
    let look = first_look(job, prepared, checkpoint);
    let ahead = |run: &mut Run<'_, P>| {
        if let Some(look) = &look {
            run.prefetch(Service::SharePoint, &prepared.sharepoint.secret, look);
        }
    };
    let exported = export::export(run, &prepared.domo, &job.domo, before, blob, &ahead)?;
    checkpoint.export = Some(SavedExport::new(&exported));
    checkpoint.save(run.ports)?;
    Ok(exported)
}

/// What is asked of SharePoint first once the export is there: whether the name is taken.
fn first_look<P: Ports>(
    job: &Job,
    prepared: &Prepared<P>,
    checkpoint: &Checkpoint,
) -> Option<Request> {
    let Prepared {
        sharepoint,
        place,
        name,
        ..
    } = prepared;
    let asked =
        place.missing.is_empty() && checkpoint.name.is_none() && job.guard.max_shrink.is_none();
    asked.then(|| upload::look(&sharepoint.base, place, name, job.sharepoint.if_exists))
}

/// Whether the earlier attempt's file is there under a name that may not be written twice: then that
/// file is the run's, however new the DataSet is by now.
fn landed<P: Ports>(
    run: &mut Run<'_, P>,
    job: &Job,
    prepared: &Prepared<P>,
    checkpoint: &Checkpoint,
    exported: &Exported,
) -> Result<bool, Failure> {
    let (account, place) = (&prepared.sharepoint, &prepared.place);
    let saved = checkpoint.name.as_ref();
    let saved = saved.filter(|saved| saved.folder == place.folder.id);
    let number = saved.and_then(|saved| number_of(&prepared.name, &saved.name));
    let (Some(saved), Some(number)) = (saved, number) else {
        return Ok(false);
    };
    if number == 0 && job.sharepoint.if_exists == IfExists::Replace {
        return Ok(false);
    }
    let request = item::named(
        &account.base,
        &place.drive.id,
        &place.folder.id,
        &saved.name,
    );
    let what = format!("reading `{}`", place.file(&saved.name));
    let found = place::find(run, account, &what, &request)?;
    let digest = exported.summary.digest.to_string();
    Ok(found.is_some_and(|item| item.quickxor == Some(digest)))
}

/// How long each step took.
#[derive(Default)]
struct Clock {
    since: u64,
    steps: Vec<(&'static str, u64)>,
}

impl Clock {
    fn ends<P: Ports>(&mut self, run: &mut Run<'_, P>, step: &'static str) {
        let now = run.elapsed();
        self.steps.push((step, now.saturating_sub(self.since)));
        self.since = now;
    }
}
