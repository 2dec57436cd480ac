//! Plays a plan: runs, deaths and what goes on from there, until the run has ended.

use super::faults::{Kind, Tag};
use super::plan::{Data, Plan};
use super::{budget, judge};
use crate::world::{DATASET, Entry, Fault, World};
use serde_json::Value;
use std::collections::BTreeMap;
use writeback_connector::error::Failure;

/// The faults that fired, and how a plan ended.
pub struct Played {
    pub fired: Vec<String>,
    /// The receipt's outcome, or the failure's code.
    pub ended: String,
    /// Most requests of one run.
    pub requests: usize,
    /// Longest pauses of one run, in milliseconds.
    pub slept: u64,
}

/// What a plan is judged by.
pub struct Scene<'a> {
    pub plan: &'a Plan,
    pub world: &'a World,
    /// What Domo holds: every version that it ever had.
    pub versions: Vec<Version>,
    /// SharePoint's items before.
    pub before: BTreeMap<String, Entry>,
    /// Tags of the faults that fired.
    pub tags: Vec<Tag>,
    pub deaths: usize,
}

/// A version of the DataSet.
pub struct Version {
    pub bytes: Vec<u8>,
    pub rows: u64,
    pub updated_at: &'static str,
}

/// Plays it; an error says which promise was broken.
pub fn play(plan: &Plan) -> Result<Played, String> {
    let world = World::new();
    let versions = furnish(&world, plan);
    let before = world.state().sharepoint.items.clone();
    for fault in &plan.faults {
        world.state().faults.push(Fault {
            method: fault.kind.method,
            part: fault.kind.part.to_owned(),
            skip: fault.skip,
            times: fault.times,
            act: (fault.kind.act)(),
            fired: 0,
        });
    }
    let job = plan.job();
    let (mut deaths, mut again) = (0, plan.again);
    let mut played = Played {
        fired: Vec::new(),
        ended: String::new(),
        requests: 0,
        slept: 0,
    };
    let ended = loop {
        world.dies(plan.deaths.get(deaths).copied());
        world.state().slept = 0;
        let ended = world.survives(|| world.resume(&job));
        budget::kept(plan, &world)?;
        let state = world.state();
        played.requests = played.requests.max(state.sent.len());
        played.slept = played.slept.max(state.slept);
        drop(state);
        match ended {
            None => deaths += 1,
            Some(Err(failure)) if again && failure.retry_after.is_some() => again = false,
            Some(ended) => break ended,
        }
    };
    let fired = fired(plan, &world);
    let scene = Scene {
        plan,
        world: &world,
        versions,
        before,
        tags: fired.iter().map(|(_, tag)| *tag).collect(),
        deaths,
    };
    judged(&scene, &ended)?;
    played.fired = fired.iter().map(|(kind, _)| kind.to_string()).collect();
    if deaths > 0 {
        played.fired.push("the machine dies".to_owned());
    }
    if plan.jumps != 0 && played.slept > 0 {
        played.fired.push("the clock jumps in pauses".to_owned());
    }
    played.ended = match ended {
        Ok(receipt) => receipt["outcome"].as_str().unwrap_or_default().to_owned(),
        Err(failure) => failure.code.to_string(),
    };
    Ok(played)
}

fn judged(scene: &Scene<'_>, ended: &Result<Value, Failure>) -> Result<(), String> {
    let told = match ended {
        Ok(receipt) => judge::receipt(scene, receipt),
        Err(failure) => judge::failure(scene, failure),
    };
    let ended = match ended {
        Ok(receipt) => format!("{receipt:#}"),
        Err(failure) => format!("{failure:#?}"),
    };
    told.and_then(|()| judge::files(scene))
        .map_err(|why| format!("{why}\nended: {ended}"))
}

fn fired(plan: &Plan, world: &World) -> Vec<(&'static Kind, Tag)> {
    let state = world.state();
    let all = plan.faults.iter().zip(&state.faults);
    let fired = all.filter(|(_, fault)| fault.fired > 0);
    fired
        .map(|(planned, _)| (planned.kind, planned.kind.tag))
        .collect()
}

/// What is there before, on both sides.
fn furnish(world: &World, plan: &Plan) -> Vec<Version> {
    match plan.data {
        Data::Rows => {}
        Data::Empty => world.state().domo.put(DATASET, b"id,name\n", 0),
        Data::Bytes(bytes) => drop(world.exactly(bytes)),
    }
    let rows = match plan.data {
        Data::Rows => 3,
        Data::Empty => 0,
        Data::Bytes(_) => 1,
    };
    let mut state = world.state();
    state.latency = plan.latency;
    state.jumps = plan.jumps;
    state.sharepoint.check_out = plan.check_out;
    let folder = if plan.folder && plan.old.is_some() {
        "Reports/"
    } else {
        ""
    };
    if let Some(bytes) = plan.old {
        let path = format!("{folder}sales.csv");
        let id = state.sharepoint.add(&path, Some(&vec![b'o'; bytes]));
        state.sharepoint.items.get_mut(&id).unwrap().checked_out = false;
    }
    if plan.numbered {
        let path = format!("{folder}sales 1.csv");
        state.sharepoint.add(&path, Some(b"numbered before"));
    }
    let first = state.domo.csv[DATASET].clone();
    vec![
        Version {
            bytes: first,
            rows,
            updated_at: "2026-01-01T00:00:00Z",
        },
        Version {
            bytes: super::faults::UPDATED.to_vec(),
            rows: 2,
            updated_at: super::faults::UPDATED_AT,
        },
    ]
}
