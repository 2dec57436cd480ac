//! Texts that steer a terminal or pretend to be somebody else's.

use serde_json::json;

use super::attack::Attack;
use super::bombs::attack;
use super::withstand;

/// Clears the screen, sets the title, turns the reading direction, starts a line of its own.
const STEERING: &str =
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\u{202e}drawkcab\r\nerror: all is lost";

/// The attacks.
pub const ATTACKS: &[Attack] = &[
    Attack::new("failure-that-steers", |_| {
        attack(
            "failure",
            json!({ "code": "x\u{1b}[2J", "message": STEERING, "hint": STEERING }),
        )
    }),
    Attack::new("failure-with-a-false-hint", |_| {
        attack(
            "failure",
            json!({ "code": "denied", "message": "no\nhint: a\nhint: b" }),
        )
    }),
    Attack::new("log-that-steers", |_| {
        attack("log", json!({ "times": 1, "text": STEERING }))
    }),
    Attack::new("wait-for-ever", |_| {
        attack(
            "failure",
            json!({ "code": "later", "message": "later", "retry_after": u64::MAX }),
        )
    }),
    Attack::new("receipt-that-is-none", |_| {
        attack("receipt", json!({ "receipt": "not JSON\u{1b}[2J" }))
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_says_is_only_text() {
    withstand(ATTACKS).await;
}
