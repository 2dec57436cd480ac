//! The checkpoint: what was saved is read back as it was, anything else is forgotten, and an export is
//! only believed when the DataSet is still the same.

use crate::ports::{Scene, Scripted};
use writeback_connector::domo::DataSet;
use writeback_connector::resume::Checkpoint;

/// The target.
pub fn checkpoint(data: &[u8]) {
    let ports = Scripted::new(Scene::default());
    let mut read = Checkpoint::read(&ports, Some(data));
    read.save(&ports).unwrap();
    let saved = ports.saved();
    assert_eq!(Checkpoint::read(&ports, Some(&saved)), read);
    let Some(export) = read.export else { return };
    let then = DataSet {
        id: export.dataset.clone(),
        rows: export.rows,
        updated_at: export.updated_at.clone(),
        data_current_at: export.data_current_at.clone(),
        ..DataSet::default()
    };
    if let Some(exported) = export.restored(&then) {
        assert_eq!(
            exported.summary.digest.to_string().parse(),
            Ok(exported.summary.digest)
        );
        assert_eq!(exported.summary.bytes, export.bytes);
        let told = then.updated_at.is_some() || then.data_current_at.is_some();
        assert_eq!(exported.dataset.surely_same_data(&then), told);
    }
    let newer = DataSet {
        updated_at: Some("2031-02-03T04:05:06Z".to_owned()),
        ..then
    };
    if let Some(exported) = export.restored(&newer) {
        let same = export.updated_at == newer.updated_at;
        assert!(same || !exported.dataset.surely_same_data(&newer));
        assert_eq!(exported.dataset.updated_at, export.updated_at);
    }
    let other = DataSet {
        id: format!("{}0", export.dataset),
        ..newer
    };
    assert!(export.restored(&other).is_none());
}
