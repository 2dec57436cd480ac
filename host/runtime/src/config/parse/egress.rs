//! Reads `[egress]`.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::config::Egress;
use crate::config::fields::Fields;
use crate::config::problems::Problems;

pub(super) fn read_egress(value: Option<&Value>, folder: &Path, problems: &mut Problems) -> Egress {
    let mut fields = Fields::new(value, "egress", problems);
    let mut allow_addresses = Vec::new();
    for text in fields.strings("allow_addresses") {
        match text.parse::<SocketAddr>() {
            Ok(address) => allow_addresses.push(address),
            Err(_) => fields.problem(
                "allow_addresses",
                format!("`{text}` is not an IP:PORT such as `127.0.0.1:8080`"),
            ),
        }
    }
    let ca_file = fields
        .optional_string("ca_file")
        .map(|file| folder.join(file));
    fields.finish();
    Egress {
        allow_addresses,
        ca_file,
    }
}
