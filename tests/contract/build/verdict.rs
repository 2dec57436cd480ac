//! What is found about another contract, as Rust for the crate to include.

use anyhow::Result;

use crate::world::World;

/// The verdict about `theirs`, as an expression.
pub fn of(name: &str, own: &World, theirs: &World) -> Result<String> {
    let renumbered = theirs.numbered_as(own);
    let targets = renumbered.takes(writeback_component::BYTES);
    let successor = own.numbered_as(theirs).takes(&theirs.component()?);
    let unchanged = successor
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error:#}"))
        .and_then(|()| renumbered.takes(&own.component()?));
    Ok(format!(
        "Verdict {{ name: {name:?}, wit: {:?}, same_track: {:?}, targets: {}, successor: {}, unchanged: {} }}",
        theirs.version()?.to_string(),
        own.same_track(theirs),
        expression(targets),
        expression(successor),
        expression(unchanged),
    ))
}

/// Verdicts as one array.
pub fn list(verdicts: impl Iterator<Item = Result<String>>) -> Result<String> {
    let verdicts = verdicts.collect::<Result<Vec<_>>>()?;
    Ok(format!("[\n{}\n]", verdicts.join(",\n")))
}

fn expression(result: Result<()>) -> String {
    result.map_or_else(
        |error| format!("Err({:?})", format!("{error:#}")),
        |()| "Ok(())".to_owned(),
    )
}
