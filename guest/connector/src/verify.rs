//! Whether SharePoint holds what left Domo. Nothing is deleted here, whatever it finds.

use crate::account::Account;
use crate::call::{Left, Run};
use crate::error::{Code, Failure};
use crate::graph::item::{self, Item};
use crate::job::Verify;
use crate::place::{Place, find};
use crate::ports::{Ports, Step};
use crate::quickxor::Digest;
use crate::recover::advise;
use crate::resume::Before;
use crate::upload::Payload;

/// Reads of an item whose hash is not there yet.
const READS: u32 = 4;

/// What was compared and agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Size and quickXorHash.
    Hash,
    /// The size alone.
    Size,
    /// Nothing: the job lets a difference pass.
    Nothing,
}

impl Verified {
    /// The receipt's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Size => "size",
            Self::Nothing => "none",
        }
    }
}

/// Compares the item with the payload, reading it anew where it lacks what is needed.
pub fn verify<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    item: Item,
    payload: &Payload<'_, P::Blob>,
    rule: Verify,
    before: Option<&Before>,
) -> Result<(Item, Verified), Failure> {
    run.ports.report(Step::Verifying);
    let item = complete(run, account, place, item, rule)?;
    let file = place.file(&item.name);
    let size = item.size == Some(payload.bytes);
    let hash = item.quickxor.as_deref().map(str::parse::<Digest>);
    let same = hash
        .as_ref()
        .map(|hash| hash.as_ref() == Ok(&payload.digest));
    match (size, same, rule) {
        (true, Some(true), _) => Ok((item, Verified::Hash)),
        (true, _, Verify::Size) => Ok((item, Verified::Size)),
        (true, None, _) => {
            run.warn(format!(
                "SharePoint has no hash of `{file}` yet, so only its size was compared"
            ));
            Ok((item, Verified::Size))
        }
        (_, _, Verify::Warn) => {
            run.warn(difference(&file, &item, payload));
            let verified = if size {
                Verified::Size
            } else {
                Verified::Nothing
            };
            Ok((item, verified))
        }
        _ => {
            let failure = Failure::new(Code::VerifyMismatch, difference(&file, &item, payload));
            Err(advise(run, account, place, &item, before, failure))
        }
    }
}

/// The item with size and hash, if a few reads bring them.
fn complete<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    mut item: Item,
    rule: Verify,
) -> Result<Item, Failure> {
    let what = format!("reading `{}`", place.file(&item.name));
    let request = item::with_id(&account.base, &place.drive.id, &item.id);
    let lacks =
        |item: &Item| item.size.is_none() || (item.quickxor.is_none() && rule != Verify::Size);
    let mut pauses = run.tries();
    for read in 0..READS {
        if !lacks(&item) {
            break;
        }
        if read > 0
            && let Err(left) = run.pause(&mut pauses, None)
        {
            match left {
                Left::Cancelled(cancelled) => return Err(cancelled),
                Left::Spent(_) => break,
            }
        }
        match find(run, account, &what, &request)? {
            Some(found) => item = found,
            None => {
                let text = format!(
                    "`{}` is gone right after the upload",
                    place.file(&item.name)
                );
                return Err(Failure::new(Code::VerifyMismatch, text)
                    .hint("see who or what deletes or moves files in this folder"));
            }
        }
    }
    Ok(item)
}

fn difference<B>(file: &str, item: &Item, payload: &Payload<'_, B>) -> String {
    let size = item
        .size
        .map_or_else(|| "an unknown number of".to_owned(), |n| n.to_string());
    let hash = item.quickxor.as_deref().unwrap_or("unknown");
    format!(
        "`{file}` is not what left Domo: SharePoint holds {size} bytes with quickXorHash `{hash}`, Domo sent {} bytes with `{}`",
        payload.bytes, payload.digest
    )
}
