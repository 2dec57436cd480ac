//! The OpenAPI 3.1 document, made of the routes, and a page to read it in.

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::PartialSchema as _;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, Schema,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use super::problem::{FieldError, Problem};
use crate::App;

/// Statuses that any request may be answered with.
const COMMON: [(&str, &str); 10] = [
    ("400", "The request cannot be read"),
    ("401", "There is no valid token"),
    ("403", "The token's role is too small"),
    ("404", "There is no such thing, or it is somebody else's"),
    ("409", "It does not fit what there is"),
    ("413", "The content is too large"),
    ("415", "The content is not JSON"),
    ("422", "The content is wrong: `errors` says where"),
    ("429", "The token asks too often, or too much waits"),
    ("503", "A service does not answer now"),
];
/// Statuses of edits.
const EDITS: [(&str, &str); 2] = [
    ("412", "It was changed meanwhile"),
    ("428", "If-Match is missing"),
];

/// The viewer's own script and styles, and nothing from elsewhere.
const VIEWER_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'none'";

/// The document, and a viewer at `/docs`.
pub(super) fn routes() -> Router<App> {
    let viewer = SwaggerUi::new("/docs").url("/v1/openapi.json", document());
    let policy = HeaderValue::from_static(VIEWER_POLICY);
    Router::from(viewer).layer(SetResponseHeaderLayer::overriding(
        header::CONTENT_SECURITY_POLICY,
        policy,
    ))
}

/// The API's description.
#[must_use]
pub fn document() -> OpenApi {
    let (_, paths) = OpenApiRouter::<App>::new()
        .nest("/v1", super::router::routes())
        .split_for_parts();
    let mut info = Info::new("Writeback", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Domo DataSets, written to SharePoint Online. Times are milliseconds since the Unix epoch. Failures are \
         `application/problem+json`. Requests that make or start something take an `Idempotency-Key`."
            .to_owned(),
    );
    let mut document = OpenApiBuilder::new().info(info).build();
    document.merge(paths);
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    components
        .schemas
        .insert("Problem".to_owned(), Problem::schema());
    components
        .schemas
        .insert("FieldError".to_owned(), FieldError::schema());
    open(components, "Job", "NewJob");
    refer(components);
    for path in document.paths.paths.values_mut() {
        let edits = [&mut path.put, &mut path.patch];
        for operation in edits.into_iter().flatten() {
            add(&mut operation.responses.responses, &EDITS);
        }
        let all = [
            &mut path.get,
            &mut path.put,
            &mut path.post,
            &mut path.delete,
            &mut path.patch,
        ];
        for operation in all.into_iter().flatten() {
            add(&mut operation.responses.responses, &COMMON);
        }
    }
    document
}

/// What is answered has more members than what was sent: that there are no others is said of requests alone.
fn open(components: &mut Components, whole: &str, part: &str) {
    let Some(RefOr::T(Schema::Object(mut sent))) = components.schemas.get(part).cloned() else {
        return;
    };
    sent.additional_properties = None;
    let closed = Ref::from_schema_name(part).ref_location;
    let is_closed =
        |item: &RefOr<Schema>| matches!(item, RefOr::Ref(to) if to.ref_location == closed);
    if let Some(RefOr::T(Schema::AllOf(all))) = components.schemas.get_mut(whole) {
        for item in all.items.iter_mut().filter(|item| is_closed(item)) {
            *item = RefOr::T(Schema::Object(sent.clone()));
        }
    }
}

/// What a page has is described once, at its own name.
fn refer(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, page) in &mut components.schemas {
        let part = name.strip_prefix("Page_").map(str::to_owned);
        let part = part.filter(|part| names.contains(part));
        if let (Some(part), RefOr::T(Schema::Object(page))) = (part, page)
            && let Some(RefOr::T(Schema::Array(list))) = page.properties.get_mut("items")
        {
            list.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(part).into()));
        }
    }
}

fn add(
    responses: &mut std::collections::BTreeMap<String, RefOr<Response>>,
    common: &[(&str, &str)],
) {
    for (status, text) in common {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(*text)
            .content("application/problem+json", content)
            .build();
        responses
            .entry((*status).to_owned())
            .or_insert(RefOr::T(response));
    }
}
