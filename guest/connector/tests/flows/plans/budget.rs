//! What a run may use up, by the clock and the requests of the world that it ran in.

use super::faults::Tag;
use super::judge::{Judged, must};
use super::plan::Plan;
use crate::world::{Sent, World};
use writeback_connector::message::Method;

/// Requests of one run at most.
const REQUESTS: usize = 400;

/// One run kept within its budgets, whether it ended or died.
pub fn kept(plan: &Plan, world: &World) -> Judged {
    let state = world.state();
    let slept = state.slept;
    must(
        "pauses stay within `max_wait_seconds`",
        slept <= plan.max_wait * 1000,
    )?;
    must("requests are bounded", state.sent.len() <= REQUESTS)?;
    // A clock that goes back in a request hides that request's time, and no more.
    let back = plan.faults.iter().any(|fault| fault.kind.tag == Tag::Clock);
    let deadline = plan.deadline * 1000;
    if deadline == 0 || back {
        return Ok(());
    }
    let late = |sent: &&Sent| sent.at >= deadline && sent.method != Method::Delete;
    match state.sent.iter().find(late) {
        Some(sent) => Err(format!("nothing begins after the deadline: {sent:?}")),
        None => Ok(()),
    }
}
