//! Components that attack: each ends in an error that `docs/attacks.md` quotes, and leaves the host, the
//! attacked tenant and a neighbour in the middle of its upload as they were.

mod attack;
mod bombs;
mod foreign;
mod origins;
mod page;
mod paths;
mod runs;
mod scene;
mod time;
mod words;

use std::collections::BTreeSet;

use attack::Attack;
use page::Page;
use scene::Scene;

/// Every attack that is made, in groups that share a neighbour.
const GROUPS: &[&[Attack]] = &[
    origins::ATTACKS,
    paths::ATTACKS,
    bombs::ATTACKS,
    time::ATTACKS,
    runs::ATTACKS,
    words::ATTACKS,
];

/// Makes these attacks one after the other while a neighbour uploads.
async fn withstand(attacks: &[Attack]) {
    let (scene, page) = (Scene::start().await, Page::read());
    let mut surprises = Vec::new();
    for attack in attacks {
        let ended = scene.suffer(attack).await;
        if !page.foretells(attack.name, &ended) {
            surprises.push(format!("{}: {ended}", attack.name));
        }
    }
    scene.end().await;
    assert!(
        surprises.is_empty(),
        "docs/attacks.md does not say how these end:\n{}",
        surprises.join("\n")
    );
}

#[test]
fn the_page_lists_the_attacks_that_are_made_and_no_other() {
    let made: Vec<&str> = GROUPS.concat().iter().map(|attack| attack.name).collect();
    let names: BTreeSet<String> = made.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names.len(), made.len(), "a name is one attack's");
    assert_eq!(Page::read().names(), names, "docs/attacks.md (left)");
}
