//! `/v1/datasets`: the paged list, the metadata, the policies, and the one query that is answered.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalog::Dataset;
use super::refusal::refused;
use super::{authorize, page};
use crate::reply::{self, Refused, RequestId};
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListParameters {
    limit: Option<u64>,
    offset: Option<u64>,
    name_like: Option<String>,
    sort: Option<String>,
}

/// Largest and default page, by Domo's page.
const PAGE: u64 = 50;

pub(crate) async fn list(
    Shared(state): Shared<Arc<State>>,
    Query(parameters): Query<ListParameters>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    authorize(&state, &headers, "data", &id)?;
    let wanted = parameters.name_like.unwrap_or_default().to_lowercase();
    let named =
        |dataset: &&Dataset| !dataset.hidden() && dataset.name.to_lowercase().contains(&wanted);
    let mut found: Vec<&Dataset> = state.domo.datasets.iter().filter(named).collect();
    match parameters.sort.as_deref() {
        None => {}
        Some("name") => found.sort_by_key(|dataset| dataset.name.to_lowercase()),
        Some("nameDescending") => found.sort_by_key(|dataset| Reverse(dataset.name.to_lowercase())),
        Some("lastTouched" | "lastUpdated" | "createdAt") => {
            found.sort_by_key(|dataset| Reverse(dataset.updated()))
        }
        Some(other) => return Err(refused(400, &format!("Unknown sort: {other}"), &id).into()),
    }
    let page = page(&found, parameters.limit, parameters.offset, (PAGE, PAGE))
        .map_err(|problem| refused(400, &problem, &id))?;
    let page = page.iter().map(|dataset| dataset.listed()).collect();
    Ok(reply::json(200, &page))
}

pub(crate) async fn metadata(
    Shared(state): Shared<Arc<State>>,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    authorize(&state, &headers, "data", &id)?;
    let dataset = state.domo.known(&dataset, &id)?;
    Ok(reply::json(200, &dataset.shown()))
}

pub(crate) async fn policies(
    Shared(state): Shared<Arc<State>>,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    id: RequestId,
) -> Result<Response<Body>, Refused> {
    authorize(&state, &headers, "data", &id)?;
    let dataset = state.domo.readable(&dataset, &id)?;
    Ok(reply::json(200, &dataset.policies()))
}

/// Answers `SELECT COUNT(*)` as the client's user sees the DataSet; no other SQL.
pub(crate) async fn query(
    Shared(state): Shared<Arc<State>>,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    id: RequestId,
    body: String,
) -> Result<Response<Body>, Refused> {
    let token = authorize(&state, &headers, "data", &id)?;
    let dataset = state.domo.readable(&dataset, &id)?;
    let sql = sql_of(&body).map_err(|problem| refused(400, problem, &id))?;
    let only = "Only SELECT COUNT(*) FROM table is simulated";
    let column = counted_column(&sql).ok_or_else(|| refused(400, only, &id))?;
    let kind = json!({
        "type": "LONG", "dataSourceId": dataset.id, "maxLength": -1, "minLength": -1, "periodIndex": 0,
    });
    let counted = json!({
        "datasource": dataset.id, "columns": [column], "metadata": [kind],
        "rows": [[dataset.visible_rows(&token)]], "numRows": 1, "numColumns": 1, "fromcache": false,
    });
    Ok(reply::json(200, &counted))
}

fn sql_of(body: &str) -> Result<String, &'static str> {
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(fields)) => match fields.get("sql") {
            Some(Value::String(sql)) => Ok(sql.clone()),
            Some(_) => {
                Err("Cannot deserialize instance of java.lang.String out of START_OBJECT token")
            }
            None => Err("Required field missing: sql"),
        },
        _ => Err("JSON parse error: the body must be an object with the field sql"),
    }
}

/// The name of the result's column, when the statement is a count of all rows.
fn counted_column(sql: &str) -> Option<String> {
    let words: Vec<&str> = sql
        .trim()
        .trim_end_matches(';')
        .split_whitespace()
        .collect();
    let word = |index: usize| words.get(index).map(|word| word.to_uppercase());
    let counted = word(1)?;
    if word(0)? != "SELECT" || !["COUNT(*)", "COUNT(1)"].contains(&counted.as_str()) {
        return None;
    }
    match words.len() {
        4 if word(2)? == "FROM" => Some(counted),
        6 if word(2)? == "AS" && word(4)? == "FROM" => Some(words[3].trim_matches('`').to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_count_is_answered() {
        assert_eq!(
            counted_column("select count(*) from table").as_deref(),
            Some("COUNT(*)")
        );
        assert_eq!(
            counted_column("SELECT COUNT(*) AS `n` FROM table;").as_deref(),
            Some("n")
        );
        assert_eq!(counted_column("SELECT * FROM table"), None);
        assert_eq!(
            counted_column("SELECT COUNT(*) FROM table WHERE x = 1"),
            None
        );
    }
}
