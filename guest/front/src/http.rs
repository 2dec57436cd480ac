//! The service: `POST /run`, `/check` and `/browse/…`, `GET /describe`. One request is one call of the connector.

use crate::call::{self, JOB_BYTES, setting};
use crate::ended::Failed;
use crate::route::{Route, same};

wit_bindgen::generate!({
    path: ["../../wit", "../adapter/wit"],
    world: "writeback:portable/http",
    with: {
        "wasi:io/error@0.2.12": crate::call::wasi::io::error,
        "wasi:io/poll@0.2.12": crate::call::wasi::io::poll,
        "wasi:io/streams@0.2.12": crate::call::wasi::io::streams,
    },
    generate_all,
});

use exports::wasi::http::incoming_handler::Guest;
use wasi::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Service;
export!(Service);

impl Guest for Service {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        match answer(&request) {
            Ok(answer) => respond(out, 200, "application/json", &answer, None),
            Err(failed) => {
                let (status, problem) = failed.problem();
                let after = failed.retry_after.filter(|_| status == 503);
                let body = problem.to_string();
                respond(out, status, "application/problem+json", &body, after);
            }
        }
    }
}

fn answer(request: &IncomingRequest) -> Result<String, Failed> {
    permit(request)?;
    let path = request.path_with_query().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let method = match request.method() {
        Method::Get => "GET",
        Method::Post => "POST",
        _ => "",
    };
    let route = Route::of_request(method, path).ok_or_else(|| {
        Failed::usage(
            "there is nothing here for this method and path",
            "use `POST /run`, `POST /check`, `POST /browse/datasets|sites|libraries|folders` or `GET /describe`",
        )
    })?;
    let document = match route {
        Route::Describe => String::new(),
        _ => call::begin(&document(request)?)?,
    };
    call::answer(&route, &document)
}

/// Whoever may start jobs here spends the accounts: nobody may by default.
fn permit(request: &IncomingRequest) -> Result<(), Failed> {
    let denied = |message: &str, hint: &str| Failed {
        code: "unauthorized".to_owned(),
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
        retry_after: None,
    };
    let Some(token) = setting("WRITEBACK_TOKEN").filter(|token| !token.is_empty()) else {
        let open = setting("WRITEBACK_OPEN").is_some_and(|value| value == "1");
        return if open {
            Ok(())
        } else {
            Err(denied(
                "nobody is permitted to start jobs here",
                "set `WRITEBACK_TOKEN`, which callers send as a bearer token, or `WRITEBACK_OPEN=1` where the platform keeps others out",
            ))
        };
    };
    let headers = request.headers();
    let given = headers.get("authorization");
    let given = given
        .first()
        .and_then(|value| value.strip_prefix(b"Bearer "));
    match given.is_some_and(|given| same(given, token.as_bytes())) {
        true => Ok(()),
        false => Err(denied(
            "the bearer token is missing or wrong",
            "send the value of `WRITEBACK_TOKEN` as `Authorization: Bearer …`",
        )),
    }
}

fn document(request: &IncomingRequest) -> Result<String, Failed> {
    let unreadable = || Failed {
        code: "job-syntax".to_owned(),
        message: format!("the body cannot be read, or has more than {JOB_BYTES} bytes"),
        hint: Some("send one job or query, TOML or JSON".to_owned()),
        retry_after: None,
    };
    let body = request.consume().map_err(|()| unreadable())?;
    let stream = body.stream().map_err(|()| unreadable())?;
    call::read(&stream).map_err(|_| unreadable())
}

fn respond(out: ResponseOutparam, status: u16, kind: &str, body: &str, after: Option<u64>) {
    let mut headers = vec![("content-type".to_owned(), kind.as_bytes().to_vec())];
    if let Some(seconds) = after {
        headers.push(("retry-after".to_owned(), seconds.to_string().into_bytes()));
    }
    if status == 401 {
        headers.push(("www-authenticate".to_owned(), b"Bearer".to_vec()));
    }
    let response =
        OutgoingResponse::new(Fields::from_list(&headers).unwrap_or_else(|_| Fields::new()));
    let _ = response.set_status_code(status);
    let outgoing = response.body();
    ResponseOutparam::set(out, Ok(response));
    let Ok(outgoing) = outgoing else {
        return;
    };
    if let Ok(stream) = outgoing.write() {
        call::write(&stream, body);
    }
    let _ = OutgoingBody::finish(outgoing, None);
}
