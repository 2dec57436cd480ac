//! A connector that attacks its host. The job names the attack, its arguments and the accounts that
//! it may spend: `{"attack": "send", "args": {...}, "account": "sharepoint", "second": "domo"}`.
//!
//! An attack that gets through is a receipt that says what it got. One that the host stops is a
//! failure with the host's own words: its code is the kind of the error, its message the text.

#![cfg(target_arch = "wasm32")]

mod exhaust;
mod forge;
mod outcome;
mod requests;
mod spool;
mod upload;
mod words;

use serde_json::{Value, json};

wit_bindgen::generate!({
    path: "../../../wit",
    world: "connector",
    generate_all,
});

use exports::writeback::connector::writeback::Guest;
use outcome::{Outcome, stopped};
use writeback::connector::types::Failure;

struct Component;
export!(Component);

impl Guest for Component {
    fn describe() -> String {
        json!({
            "name": "writeback-hostile",
            "accounts": [{ "pointer": "/account" }, { "pointer": "/second" }],
        })
        .to_string()
    }

    fn run(job: String, _: Option<Vec<u8>>) -> Result<String, Failure> {
        let job: Value = serde_json::from_str(&job).map_err(|_| stopped("job", "not JSON"))?;
        attack(&job)
    }

    fn check(_: String) -> Result<String, Failure> {
        Err(stopped("unsupported", "there is nothing to check"))
    }

    fn browse(_: String) -> Result<String, Failure> {
        Err(stopped("unsupported", "there is nothing to browse"))
    }
}

fn attack(job: &Value) -> Outcome {
    let name = job["attack"].as_str().unwrap_or_default();
    let known = [
        requests::attack,
        exhaust::attack,
        forge::attack,
        spool::attack,
        upload::attack,
        words::attack,
    ];
    known
        .iter()
        .find_map(|family| family(name, job))
        .unwrap_or_else(|| Err(stopped("unknown-attack", name)))
}
