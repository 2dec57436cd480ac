//! The DataSets that a Domo client sees.

use super::query::Wanted;
use super::{Listing, line};
use crate::call::Run;
use crate::domo::{self, DataSet};
use crate::error::Failure;
use crate::ports::Ports;
use crate::refusal::Service;
use serde_json::{Value, json};

pub(super) fn datasets<P: Ports>(
    run: &mut Run<'_, P>,
    wanted: &Wanted,
) -> Result<Listing, Failure> {
    let account = run.account(Service::Domo, &wanted.account)?;
    let (mut items, mut offset) = (Vec::new(), 0);
    // A bare array without a total: only an empty page is the last one. One more than
    // asked for tells whether there are more.
    while items.len() <= wanted.limit {
        let request = domo::datasets(&account.base, offset, wanted.search.as_deref());
        let page = domo::read_datasets(&run.call(&account, "listing DataSets", &request)?);
        if page.is_empty() {
            break;
        }
        offset += domo::PAGE;
        items.extend(page.iter().filter(|dataset| !dataset.deleted).map(item));
    }
    let more = items.len() > wanted.limit;
    items.truncate(wanted.limit);
    Ok(Listing { items, more })
}

fn item(dataset: &DataSet) -> Value {
    let owner = dataset
        .owner
        .as_ref()
        .map(|owner| match owner.name.as_str() {
            "" => owner.id.as_str(),
            name => name,
        });
    json!({
        "id": dataset.id,
        "name": dataset.name,
        "rows": dataset.rows,
        "columns": dataset.columns,
        "updated_at": dataset.updated_at,
        "owner": owner,
        "line": line("dataset", &dataset.id),
    })
}
