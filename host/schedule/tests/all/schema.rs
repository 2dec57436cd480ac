//! What OpenAPI says of a document and what is read are the same thing.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{ComponentsBuilder, OpenApiBuilder};
use writeback_schedule::Schedule;

/// A validator of this type, with all that it refers to.
fn validator<T: ToSchema>() -> jsonschema::Validator {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let components = ComponentsBuilder::new()
        .schemas_from_iter(parts)
        .schema(T::name(), T::schema())
        .build();
    let api = OpenApiBuilder::new().components(Some(components)).build();
    let mut schema = serde_json::to_value(api).unwrap();
    schema["$ref"] = json!(format!("#/components/schemas/{}", T::name()));
    schema.as_object_mut().unwrap().remove("openapi");
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
pub fn assert_valid<T: ToSchema>(document: &Value) {
    let problems: Vec<_> = validator::<T>()
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(problems.is_empty(), "{document}: {problems:?}");
}

#[test]
fn what_the_schema_refuses_is_refused() {
    let validator = validator::<Schedule>();
    let wrong = [
        json!({}),
        json!({ "when": { "kind": "manual" }, "x": 1 }),
        json!({ "when": { "kind": "manual" }, "start": null }),
        json!({ "when": { "kind": "manual" }, "time_zone": null }),
        json!({ "when": { "kind": "interval", "every": 5, "unit": "minutes", "window": null } }),
        json!({ "when": { "kind": "interval", "every": 5, "unit": "minutes", "x": 1 } }),
        json!({ "when": { "kind": "manual", "x": 1 } }),
        json!({ "when": { "kind": "daily" } }),
        json!({ "when": { "kind": "daily", "at": [] } }),
        json!({ "when": { "kind": "daily", "at": "06:00" } }),
        json!({ "when": { "kind": "daily", "at": ["6:00"] } }),
        json!({ "when": { "kind": "weekly", "at": ["06:00"], "days": ["monday"] } }),
        json!({ "when": { "kind": "monthly", "at": ["06:00"], "days": [32] } }),
        json!({ "when": { "kind": "monthly", "at": ["06:00"], "days": [1], "months": [0] } }),
        json!({ "when": { "kind": "monthly", "at": ["06:00"], "nth": [{ "nth": 6, "weekday": "sun" }] } }),
        json!({ "when": { "kind": "interval", "every": 0, "unit": "minutes" } }),
        json!({ "when": { "kind": "interval", "every": 5, "unit": "minutes", "window": { "from": 24, "until": 1 } } }),
        json!({ "when": { "kind": "manual" }, "jitter_seconds": 3601 }),
        json!({ "when": { "kind": "manual" }, "start": "tomorrow" }),
    ];
    for document in wrong {
        assert!(
            !validator.is_valid(&document),
            "the schema accepts {document}"
        );
        assert!(Schedule::parse(&document).is_err(), "read: {document}");
    }
}
