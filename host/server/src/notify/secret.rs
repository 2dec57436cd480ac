//! A secret as clients send it: the value, or that the stored one stays.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

/// What is wrong with anything else. The text of a wrong value is never repeated: it may be the secret itself.
const SHAPE: &str =
    "it must be `{ \"value\": \"…\" }`, or `{ \"stored\": true }` for the value that is stored";

/// A secret, or a mark that it stays as it is.
pub enum Secret {
    /// The value.
    Value(Zeroizing<String>),
    /// It stays.
    Stored,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        if value.get("stored") == Some(&Value::Bool(true)) {
            return Ok(Self::Stored);
        }
        match value.get_mut("value").map(Value::take) {
            Some(Value::String(text)) => Ok(Self::Value(Zeroizing::new(text))),
            _ => Err(D::Error::custom(SHAPE)),
        }
    }
}

impl PartialSchema for Secret {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        let flag = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean));
        let shape = ObjectBuilder::new()
            .description(Some("Written, and never read again."))
            .property("value", text)
            .property("stored", flag);
        shape.into()
    }
}

impl ToSchema for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_the_wrong_shape_is_not_repeated() {
        for wrong in [
            "\"s3cret\"",
            "{\"text\": \"s3cret\"}",
            "[\"s3cret\"]",
            "{\"value\": [\"s3cret\"]}",
        ] {
            let error = serde_json::from_str::<Secret>(wrong)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("`{ \"value\"") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
