//! `[state]`.

use std::path::Path;

use serde_json::Value;

use super::super::fields::Fields;
use super::super::problems::Problems;
use super::super::{CodeCache, Period, State};

pub(super) fn read_state(value: Option<&Value>, folder: &Path, problems: &mut Problems) -> State {
    let mut fields = Fields::new(value, "state", problems);
    let dir = fields.optional_string("dir").map(|dir| folder.join(dir));
    let cache = read_cache(&mut fields, folder);
    let (resume_within, keep_runs) = (
        read_period(&mut fields, "resume_within"),
        read_period(&mut fields, "keep_runs"),
    );
    fields.finish();
    State {
        dir,
        cache,
        resume_within,
        keep_runs,
    }
}

fn read_cache(fields: &mut Fields<'_, '_>, folder: &Path) -> CodeCache {
    match fields.value("cache") {
        None => CodeCache::default(),
        Some(Value::Bool(kept)) => CodeCache::Switch(*kept),
        Some(Value::String(path)) if !path.is_empty() => CodeCache::Folder(folder.join(path)),
        Some(_) => {
            fields.problem("cache", "must be a folder, `true` or `false`");
            CodeCache::default()
        }
    }
}

fn read_period(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Period> {
    let text = fields.optional_string(key)?;
    let period = Period::try_from(text);
    period.map_err(|problem| fields.problem(key, problem)).ok()
}
