//! What the connector wants to find again, in the state folder; and turns at one file, of which there are none.

use super::offered::{checkpoint, exclusive};
use super::{Adapter, world};

/// Larger states belong into the spool.
const STATE_BYTES: usize = 1 << 20;
/// Of a turn's name.
const NAME_BYTES: std::ops::RangeInclusive<usize> = 1..=1024;

impl checkpoint::Guest for Adapter {
    fn save(state: Vec<u8>) -> Result<(), checkpoint::Error> {
        if state.len() > STATE_BYTES {
            return Err(checkpoint::Error::Io(format!(
                "a checkpoint holds at most {STATE_BYTES} bytes"
            )));
        }
        let world = world::world();
        let links = world.links.borrow();
        match &*world.folder.borrow() {
            Some(folder) => folder.save(&state, &links).map_err(checkpoint::Error::Io),
            None => Ok(()),
        }
    }
}

impl exclusive::Guest for Adapter {
    /// Nobody can be kept out across instances: SharePoint decides, and what landed is compared.
    fn hold(name: String) -> Result<bool, exclusive::Error> {
        match NAME_BYTES.contains(&name.len()) {
            true => Ok(false),
            false => Err(exclusive::Error::Io(
                "a name has 1 to 1024 bytes".to_owned(),
            )),
        }
    }
}
