//! What OpenAPI says of the words that no attribute describes.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::document::{Bound, When};
use crate::stale::StaleAfter;
use crate::words::{Month, MonthDay, Nth, TimeOfDay};

/// [`When`] without room for unknown keys, which the derived schema of an enum has.
pub(crate) struct ClosedWhen;

impl PartialSchema for ClosedWhen {
    fn schema() -> RefOr<Schema> {
        let mut schema = When::schema();
        if let RefOr::T(Schema::OneOf(kinds)) = &mut schema {
            for kind in &mut kinds.items {
                if let RefOr::T(Schema::Object(kind)) = kind {
                    let closed = AdditionalProperties::FreeForm(false);
                    kind.additional_properties = Some(Box::new(closed));
                }
            }
        }
        schema
    }
}

impl ToSchema for ClosedWhen {
    fn name() -> Cow<'static, str> {
        When::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        When::schemas(schemas);
    }
}

fn text(pattern: &str, example: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .examples([example])
        .build()
}

fn number(most: u16) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1_u16))
        .maximum(Some(most))
        .build()
}

fn number_or_last(most: u16) -> RefOr<Schema> {
    let last = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["last"]));
    OneOfBuilder::new().item(number(most)).item(last).into()
}

/// `{ "hours": 26 }`
fn only(key: &str, most: u16) -> Object {
    ObjectBuilder::new()
        .property(key, number(most))
        .required(key)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        .build()
}

impl PartialSchema for TimeOfDay {
    fn schema() -> RefOr<Schema> {
        text("^([01][0-9]|2[0-3]):[0-5][0-9]$", "06:30").into()
    }
}

impl PartialSchema for Bound {
    fn schema() -> RefOr<Schema> {
        let pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:?[0-9]{2}))?$";
        text(pattern, "2026-12-31").into()
    }
}

impl PartialSchema for Month {
    fn schema() -> RefOr<Schema> {
        number(12).into()
    }
}

impl PartialSchema for MonthDay {
    fn schema() -> RefOr<Schema> {
        number_or_last(31)
    }
}

impl PartialSchema for Nth {
    fn schema() -> RefOr<Schema> {
        number_or_last(5)
    }
}

impl PartialSchema for StaleAfter {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(only("hours", 2208))
            .item(only("days", 92))
            .into()
    }
}

impl ToSchema for TimeOfDay {}
impl ToSchema for Bound {}
impl ToSchema for Month {}
impl ToSchema for MonthDay {}
impl ToSchema for Nth {}
impl ToSchema for StaleAfter {}
