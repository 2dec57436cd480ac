//! What is found about another contract, as Rust for the crate to include.

use anyhow::{Result, bail};

use crate::world::World;

/// The verdict about `theirs`, as an expression.
pub fn of(name: &str, own: &World, theirs: &World) -> Result<String> {
    let renumbered = theirs.numbered_as(own);
    let targets = renumbered.takes(writeback_component::BYTES);
    let successor = own.numbered_as(theirs).takes(&theirs.component()?);
    let unchanged = same(&own.text()?, &theirs.text()?);
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

/// Whether two contracts say the same, comments aside; the first line that is not, where one is not.
fn same(own: &str, theirs: &str) -> Result<()> {
    if own == theirs {
        return Ok(());
    }
    let mut lines = own.lines().zip(theirs.lines());
    let (here, there) = lines
        .find(|(here, there)| here != there)
        .unwrap_or_default();
    bail!("`{}` here, `{}` there", here.trim(), there.trim())
}

fn expression(result: Result<()>) -> String {
    result.map_or_else(
        |error| format!("Err({:?})", format!("{error:#}")),
        |()| "Ok(())".to_owned(),
    )
}
