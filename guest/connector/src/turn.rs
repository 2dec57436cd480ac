//! Two runs at one file go one after the other where the host can see both.
//!
//! Where it cannot, on two machines, the upload itself stays safe: SharePoint commits a file
//! as a whole, and what landed is compared with what was sent.

use crate::call::Run;
use crate::error::{Code, Failure};
use crate::graph::drive::Drive;
use crate::ports::{Ports, TurnError};
use crate::quickxor::QuickXor;

/// Holds the file against other runs to the end of this one. Tells whether it had to wait.
pub fn wait<P: Ports>(
    run: &Run<'_, P>,
    drive: &Drive,
    folder: &[String],
    name: &str,
) -> Result<bool, Failure> {
    // SharePoint's names do not differ by case alone. A numbered name is chosen under the
    // turn of the name that was asked for.
    // Its folder may not exist yet and has no id then: the path tells it, made short.
    let path = [std::slice::from_ref(&drive.name), folder]
        .concat()
        .join("/");
    let mut hash = QuickXor::new();
    hash.update(format!("{path}/").to_lowercase().as_bytes());
    let file = format!("{}/{}/{}", drive.id, hash.finish(), name.to_lowercase());
    run.ports.hold(&file).map_err(|error| match error {
        TurnError::Cancelled => Failure::cancelled(),
        TurnError::Io(text) => {
            let text = format!("waiting for other runs at `{path}/{name}` failed: {text}");
            Failure::new(Code::CheckpointFailed, text)
                .hint("check the disk under the state directory")
        }
    })
}
