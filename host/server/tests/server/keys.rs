//! The master key is replaced: what is sealed can be read with the new one, and the old one is of no use any more.

use std::sync::Arc;

use serde_json::json;
use writeback_server::App;
use writeback_server::keys::{MasterKeys, rotate};

use super::probe::{Probe, admin, domo};
use crate::support::{World, on_both, settings};

on_both!(a_new_master_key_takes_over);

async fn a_new_master_key_takes_over(world: World) {
    let tenants = [world.tenant("finance").await, world.tenant("sales").await];
    for tenant in &tenants {
        let made = admin(&world.app, tenant, "POST", "accounts").json(&domo("s3cret"));
        made.send().await.expect(201);
    }
    let with = |key: [u8; 32], previous: Option<[u8; 32]>| {
        let keys = MasterKeys::new(&key, previous.as_ref().map(<[u8; 32]>::as_slice));
        App::new(
            world.app.db.clone(),
            Arc::clone(&world.clock) as _,
            keys.expect("keys of 32 bytes"),
            Arc::new(Probe::default()),
            settings(),
        )
    };
    let secret = async |app: &App| {
        let test = admin(app, &tenants[1], "POST", "accounts/domo/test")
            .send()
            .await;
        test.expect(200)["secret"].take()
    };
    let error = rotate(&with([8; 32], None))
        .await
        .expect_err("the old key is missing");
    assert!(
        error.to_string().contains("--previous-master-key"),
        "{error}"
    );
    assert_eq!(
        rotate(&with([7; 32], None)).await.expect("nothing to do"),
        0
    );

    let between = with([8; 32], Some([7; 32]));
    assert_eq!(secret(&between).await, json!({ "Ok": 6 }));
    assert_eq!(rotate(&between).await.expect("both keys"), 2);
    assert_eq!(rotate(&between).await.expect("both keys"), 0);

    let after = with([8; 32], None);
    assert_eq!(secret(&after).await, json!({ "Ok": 6 }));
    let old = admin(&world.app, &tenants[1], "POST", "accounts/domo/test")
        .send()
        .await;
    old.problem(500, "internal");
    let audit = world.root("GET", "/v1/audit").send().await.expect(200);
    assert_eq!(audit["items"][0]["action"], "keys.rotate");
}
