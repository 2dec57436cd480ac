//! Schedules in flags and documents.

use serde_json::json;

use crate::world::{World, job};

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_made_shown_replaced_and_removed() {
    let (world, token) = World::with_tenant().await;
    let file = world.write("job.toml", &job("done"));
    world
        .says(&token, &["job", "put", "sales", &file])
        .await
        .good();
    let said = world
        .says(
            &token,
            &[
                "schedule",
                "add",
                "sales",
                "--daily",
                "06:30,18:00",
                "--time-zone",
                "Europe/Berlin",
                "--json",
            ],
        )
        .await
        .good();
    let made = said.json();
    assert_eq!(
        made["schedule"]["when"],
        json!({ "kind": "daily", "at": ["06:30", "18:00"], "every": 1 })
    );
    let id = made["id"].as_str().unwrap();

    let document = world.write(
        "every.toml",
        "[when]\nkind = 'interval'\nevery = 15\nunit = 'minutes'\n",
    );
    let said = world
        .says(
            &token,
            &["schedule", "put", "sales", id, &document, "--json"],
        )
        .await
        .good();
    assert_eq!(
        (
            &said.json()["revision"],
            &said.json()["schedule"]["when"]["every"]
        ),
        (&2.into(), &15.into())
    );
    let said = world
        .says(&token, &["schedule", "list", "sales"])
        .await
        .good();
    assert!(said.out.contains("every 15 minutes"), "{}", said.out);
    let said = world
        .says(
            &token,
            &["schedule", "next", "sales", "--count", "3", "--json"],
        )
        .await
        .good();
    assert_eq!(
        said.json()["items"][0]["items"].as_array().unwrap().len(),
        3
    );

    world
        .says(&token, &["schedule", "remove", "sales", id])
        .await
        .good();
    let said = world
        .says(&token, &["schedule", "list", "sales"])
        .await
        .good();
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("", "there are none\n")
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_say_what_documents_do() {
    let (world, token) = World::with_tenant().await;
    let preview = async |flags: &[&str]| {
        let said = world
            .says(
                &token,
                &[&["schedule", "preview", "--count", "2"], flags].concat(),
            )
            .await
            .good();
        said.out.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        preview(&["--every", "15m", "--window", "8-18", "--on", "mon,tue"]).await,
        "every 15 minutes from 08:00 to 18:00 on Mon and Tue, UTC"
    );
    assert_eq!(
        preview(&["--weekdays", "07:15"]).await,
        "Mon-Fri at 07:15, UTC"
    );
    assert!(
        preview(&[
            "--cron",
            "*/10 6-18 * * mon-fri",
            "--time-zone",
            "Europe/London"
        ])
        .await
        .contains("Europe/London")
    );

    let said = world
        .says(
            &token,
            &["schedule", "preview", "--cron", "0 13/30 * * * ?"],
        )
        .await;
    assert!(said.code == 2 && said.err.contains("\nhint: "), "{said:?}");
    let said = world.says(&token, &["schedule", "preview"]).await;
    assert!(
        said.code == 2 && said.err.contains("nothing says when"),
        "{said:?}"
    );
    let said = world
        .says(
            &token,
            &["schedule", "preview", "--every", "15m", "--daily", "06:00"],
        )
        .await;
    assert_eq!(said.code, 2);
    world.stop().await;
}
