//! Who may what, of whose: every operation of the API, as its own description has it, asked by everybody, of everything.
//!
//! An operation without a sample fails by name, and so does a route that the description does not have.

mod samples;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use writeback_server::api;

use self::things::Things;
use crate::support::{Answer, Ask, Dump, TenantWorld, World, on_both, text};

on_both!(
    what_is_refused_changes_nothing_and_tells_nothing,
    who_may_is_answered_of_nobody_else,
    routes_and_their_description_are_the_same,
);

/// Routes that are nobody's: the description has no word of them.
const OPEN: [&str; 7] = [
    "/docs",
    "/docs/",
    "/docs/{*rest}",
    "/healthz",
    "/metrics",
    "/readyz",
    "/v1/openapi.json",
];

/// Who may ask, from the one who may least.
const ROLES: [&str; 4] = ["viewer", "operator", "admin", "installation"];

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    /// Index into [`ROLES`].
    least: usize,
    edits: bool,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parameters of the path.
    fn names(&self) -> Vec<&str> {
        let parts = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{'));
        parts.filter_map(|part| part.strip_suffix('}')).collect()
    }

    fn is_of_a_tenant(&self) -> bool {
        self.names().contains(&"tenant")
    }

    /// The content as it is for these things: an account keeps its name.
    fn named(&self, mut body: Value, things: &Things) -> Value {
        if self.method == "PUT" && self.path.ends_with("/accounts/{account}") {
            body["name"] = Value::from(things["account"].as_str());
        }
        body
    }

    /// The request, of these things.
    fn ask(&self, world: &World, things: &Things) -> Ask {
        let mut path = self.path.clone();
        for name in self.names() {
            let thing = things.get(name);
            let thing =
                thing.unwrap_or_else(|| panic!("{}: no `{name}` in things.rs", self.name()));
            path = path.replace(&format!("{{{name}}}"), thing);
        }
        let sample = samples::of(&self.name());
        if let Some(query) = sample.as_ref().and_then(|sample| sample.query) {
            path = format!("{path}?{}", query.replace("{name}", &things["name"]));
        }
        let mut ask = world.ask(&self.method, &path);
        if self.edits {
            ask = ask.if_match("*");
        }
        match sample.and_then(|sample| sample.body) {
            Some(body) => ask.json(&self.named(body, things)),
            None => ask,
        }
    }
}

/// All operations; those without a sample fail, all at once.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(api::document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let scopes = operation["security"][0]["token"].as_array();
            let scopes = scopes.unwrap_or_else(|| panic!("{method} {path}: no `security`"));
            let least = match scopes.first().and_then(Value::as_str) {
                Some(scope) => ROLES.iter().position(|role| *role == scope).expect(scope),
                None => 0,
            };
            let parameters = operation["parameters"].as_array();
            let mut parameters = parameters.into_iter().flatten();
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                least,
                edits: parameters.any(|parameter| parameter["name"] == "If-Match"),
            });
        }
    }
    let names = operations.iter().map(Operation::name);
    let without: Vec<_> = names.filter(|name| samples::of(name).is_none()).collect();
    assert!(without.is_empty(), "no sample in samples.rs: {without:#?}");
    operations
}

/// What is asked for.
#[derive(Clone, Debug)]
struct Target {
    what: String,
    /// The part of the path that is not the caller's own.
    part: String,
    things: Things,
    /// Whether the tenant is the caller's, somebody else's, or nobody's.
    tenant: Whose,
    /// The same of what the tenant has.
    thing: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Foreign,
    Nobodys,
}

/// Everything that an operation can be asked for.
fn targets(operation: &Operation, own: &Things, foreign: &Things) -> Vec<Target> {
    let target = |what: &str, part: &str, things: &Things, tenant, thing| Target {
        what: format!("{what} {part}"),
        part: part.to_owned(),
        things: things.clone(),
        tenant,
        thing,
    };
    let none = things::none();
    // What this tenant cannot have is nobody's.
    let all: Things = none.clone().into_iter().chain(own.clone()).collect();
    let mut targets = vec![target("own", "", &all, Whose::Own, Whose::Own)];
    if operation.is_of_a_tenant() {
        targets.push(target(
            "foreign",
            "tenant",
            foreign,
            Whose::Foreign,
            Whose::Own,
        ));
        let mut nobodys = own.clone();
        nobodys.insert("tenant", none["tenant"].clone());
        targets.push(target("no", "tenant", &nobodys, Whose::Nobodys, Whose::Own));
    }
    for name in operation
        .names()
        .into_iter()
        .filter(|name| *name != "tenant")
    {
        let name = *none
            .keys()
            .find(|key| **key == name)
            .expect("it is in things.rs");
        let mut things = all.clone();
        // A number is nobody's, and erasures are the installation's.
        if let Some(thing) = foreign.get(name).filter(|_| name != "revision") {
            things.insert(name, thing.clone());
            targets.push(target("foreign", name, &things, Whose::Own, Whose::Foreign));
        }
        things.insert(name, none[name].clone());
        targets.push(target("no", name, &things, Whose::Own, Whose::Nobodys));
    }
    targets
}

/// The status that a caller is to be answered with, `None` where the operation is done.
fn refusal(operation: &Operation, role: Option<usize>, target: &Target) -> Option<u16> {
    let Some(role) = role else { return Some(401) };
    let rules = ROLES[role] == "installation";
    let sees = target.tenant == Whose::Own || (rules && target.tenant == Whose::Foreign);
    match () {
        () if operation.is_of_a_tenant() && !sees => Some(404),
        () if role < operation.least => Some(403),
        () if target.thing != Whose::Own => Some(404),
        () => None,
    }
}

/// Two tenants, and what they have. Things of the installation are in both.
struct Two {
    one: TenantWorld,
    other: TenantWorld,
    own: Things,
    foreign: Things,
}

async fn two(world: &World, prefix: &str) -> Two {
    let one = world.tenant(&format!("{prefix}-one")).await;
    let other = world.tenant(&format!("{prefix}-other")).await;
    Two {
        own: things::of(world, &one).await,
        foreign: things::of(world, &other).await,
        one,
        other,
    }
}

/// Things as an operation of the installation has them: a token of a tenant is none of the installation's.
async fn of_installation(world: &World, operation: &Operation, mut things: Things) -> Things {
    if !operation.is_of_a_tenant() {
        let content = serde_json::json!({ "name": "more", "role": "installation" });
        let made = world.root("POST", "/v1/tokens").json(&content).send().await;
        things.insert("token", text(&made.expect(201)["id"]));
    }
    if operation.names().contains(&"erasure") {
        let gone = world.tenant(&format!("gone-{}", things["name"])).await;
        let path = format!("/v1/tenants/{}?confirm={}", gone.id, gone.name);
        let erased = world.root("DELETE", &path).send().await.expect(202);
        things.insert("erasure", text(&erased["id"]));
    }
    things
}

fn callers(
    world: &World,
    tenant: &TenantWorld,
) -> Vec<(&'static str, Option<usize>, Option<String>)> {
    let mut callers = vec![
        ("nobody", None, None),
        ("a wrong token", None, Some(format!("{}x", tenant.admin))),
    ];
    let tokens = [&tenant.viewer, &tenant.operator, &tenant.admin, &world.root];
    for (role, token) in tokens.into_iter().enumerate() {
        callers.push((ROLES[role], Some(role), Some(token.clone())));
    }
    callers
}

/// All that a client sees of an answer.
fn seen(answer: &Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let headers = answer.headers.keys();
    let headers = headers.map(|name| (name.to_string(), answer.header(name.as_str()).to_owned()));
    (
        answer.status.as_u16(),
        headers.collect(),
        answer.body.to_vec(),
    )
}

async fn what_is_refused_changes_nothing_and_tells_nothing(world: World) {
    let Two {
        one, own, foreign, ..
    } = two(&world, "a").await;
    // So that the last use of each token is on record.
    for (_, role, token) in callers(&world, &one) {
        if let (Some(_), Some(token)) = (role, token) {
            let who = world.ask("GET", "/v1/whoami").token(&token);
            who.send().await.expect(200);
        }
    }
    let before = world.dump().await;
    let mut cases = 0;
    for operation in operations() {
        for (caller, role, token) in callers(&world, &one) {
            let mut answers: BTreeMap<(u16, String), Vec<Answer>> = BTreeMap::new();
            for target in targets(&operation, &own, &foreign) {
                let Some(status) = refusal(&operation, role, &target) else {
                    continue;
                };
                let mut ask = operation.ask(&world, &target.things);
                if let Some(token) = &token {
                    ask = ask.token(token);
                }
                let mut answer = ask.send().await;
                let what = format!("{} by {caller}, {}", operation.name(), target.what);
                answer.what = what.clone();
                let code = match status {
                    401 => "unauthorized",
                    403 => "forbidden",
                    _ => "not-found",
                };
                answer.problem(status, code);
                assert_unchanged(&before, &world.dump().await, &what);
                let part = Some(target.part).filter(|_| status == 404);
                let alike = answers.entry((status, part.unwrap_or_default()));
                alike.or_default().push(answer);
                cases += 1;
            }
            answers.values().for_each(|alike| same(alike));
        }
    }
    assert!(cases > 400, "only {cases} cases");
}

/// What is somebody else's is answered like what is not there, to the last byte.
fn same(alike: &[Answer]) {
    for answer in alike {
        assert_eq!(
            seen(answer),
            seen(&alike[0]),
            "{} and {}",
            answer.what,
            alike[0].what
        );
    }
}

fn assert_unchanged(before: &Dump, after: &Dump, what: &str) {
    for (table, rows) in &after.0 {
        assert_eq!(
            Some(rows),
            before.0.get(table),
            "{what}: it was refused, but changed `{table}`"
        );
    }
}

async fn who_may_is_answered_of_nobody_else(world: World) {
    let mut cases = 0;
    for (number, operation) in operations().into_iter().enumerate() {
        for (role, name) in ROLES.into_iter().enumerate().skip(operation.least) {
            let Two {
                one,
                other,
                own,
                foreign,
            } = two(&world, &format!("t{number}-{role}")).await;
            let own = of_installation(&world, &operation, own).await;
            let (_, _, token) = callers(&world, &one).swap_remove(role + 2);
            let ask = operation
                .ask(&world, &own)
                .token(&token.expect("a role has a token"));
            let mut answer = ask.send().await;
            answer.what = format!("{} by {name}", operation.name());
            let sample = samples::of(&operation.name()).expect("there is one for each");
            answer.expect(sample.status);
            if name != "installation" {
                nothing_of(&answer, &other, &foreign);
            }
            cases += 1;
            if operation.name() == "POST /v1/tenants" {
                break;
            }
        }
    }
    assert!(cases > 60, "only {cases} cases");
}

/// Nothing that another tenant has is in the answer.
fn nothing_of(answer: &Answer, other: &TenantWorld, foreign: &Things) {
    let text = format!("{:?}\n{}", answer.headers, answer.text());
    let marks = foreign.iter().filter(|(name, _)| **name != "revision");
    let marks = marks
        .map(|(_, thing)| thing.as_str())
        .chain([other.name.as_str()]);
    for mark in marks {
        assert!(
            !text.contains(mark),
            "{}: has `{mark}` of another tenant",
            answer.what
        );
    }
}

async fn routes_and_their_description_are_the_same(world: World) {
    let mut described: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations() {
        let methods = described.entry(operation.path.clone()).or_default();
        methods.insert(operation.method.clone());
        if operation.method == "GET" {
            methods.insert("HEAD".to_owned());
        }
    }
    let router = format!("{:?}", world.router());
    let mut routes: BTreeSet<&str> = router.split("RouteId(").filter_map(route).collect();
    assert!(
        routes.remove("/"),
        "the router does not show its routes, with its fallback: {router}"
    );
    let open = OPEN.into_iter();
    let expected: BTreeSet<&str> = described.keys().map(String::as_str).chain(open).collect();
    assert_eq!(routes, expected);

    let things = things::none();
    for (path, methods) in &described {
        for method in [
            "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE",
        ] {
            if methods.contains(method) {
                continue;
            }
            let operation = Operation {
                method: method.to_owned(),
                path: path.clone(),
                least: 0,
                edits: false,
            };
            let answer = operation
                .ask(&world, &things)
                .token(&world.root)
                .send()
                .await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let allowed = answer.header("allow").split(',').map(str::to_owned);
            assert_eq!(
                &allowed.collect::<BTreeSet<_>>(),
                methods,
                "{method} {path}"
            );
        }
    }
}

/// `7): "/v1/whoami", …`: the path.
fn route(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("): \"")?;
    let (path, _) = rest.split_once('"')?;
    let is_ours = path.starts_with('/') && !path.contains("__private__axum");
    is_ours.then_some(path)
}
