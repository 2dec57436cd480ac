//! Files of preopened folders.

use super::wasi::filesystem::preopens::get_directories;
use super::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};

/// The preopened folder of exactly this path.
pub(super) fn folder(path: &str) -> Option<Descriptor> {
    let mut folders = get_directories().into_iter();
    folders
        .find(|(_, name)| name.trim_end_matches('/') == path)
        .map(|(folder, _)| folder)
}

/// A file's bytes, of which there are at most `most`.
pub(super) fn read(path: &str, most: u64) -> Result<Vec<u8>, String> {
    let told = |why: String| format!("the file `{path}` cannot be read: {why}");
    let (folder, rest) = holding(path).ok_or_else(|| {
        told("it lies in no preopened folder\nhint: let the platform open the folder".to_owned())
    })?;
    let file = open(&folder, &rest, OpenFlags::empty(), DescriptorFlags::READ)
        .map_err(|error| told(name(error)))?;
    let bytes = read_all(&file, most + 1).map_err(|error| told(name(error)))?;
    if bytes.len() as u64 > most {
        return Err(told(format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The preopened folder with the longest path above `path`, and the path from there.
fn holding(path: &str) -> Option<(Descriptor, String)> {
    let above = get_directories().into_iter().filter_map(|(folder, name)| {
        let rest = path.strip_prefix(name.trim_end_matches('/'))?;
        let rest = rest.strip_prefix('/')?.to_owned();
        Some((name.len(), folder, rest))
    });
    let longest = above.max_by_key(|(length, _, _)| *length);
    longest.map(|(_, folder, rest)| (folder, rest))
}

pub(super) fn open(
    folder: &Descriptor,
    path: &str,
    how: OpenFlags,
    what: DescriptorFlags,
) -> Result<Descriptor, ErrorCode> {
    folder.open_at(PathFlags::SYMLINK_FOLLOW, path, how, what)
}

/// The file's bytes up to `most`.
pub(super) fn read_all(file: &Descriptor, most: u64) -> Result<Vec<u8>, ErrorCode> {
    let mut all = Vec::new();
    while (all.len() as u64) < most {
        let (bytes, end) = file.read(most - all.len() as u64, all.len() as u64)?;
        let nothing = bytes.is_empty();
        all.extend_from_slice(&bytes);
        if end || nothing {
            break;
        }
    }
    Ok(all)
}

/// Writes all of `bytes` at `offset`.
pub(super) fn write_all(
    file: &Descriptor,
    mut bytes: &[u8],
    mut offset: u64,
) -> Result<(), ErrorCode> {
    while !bytes.is_empty() {
        let written = file.write(bytes, offset)?;
        if written == 0 {
            return Err(ErrorCode::InsufficientSpace);
        }
        offset += written;
        bytes = &bytes[usize::try_from(written)
            .unwrap_or(bytes.len())
            .min(bytes.len())..];
    }
    Ok(())
}

/// Puts a file in the place of another: aside, synced, renamed.
pub(super) fn replace(folder: &Descriptor, path: &str, bytes: &[u8]) -> Result<(), ErrorCode> {
    let aside = format!("{path}.new");
    let how = OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let file = open(folder, &aside, how, DescriptorFlags::WRITE)?;
    write_all(&file, bytes, 0)?;
    file.sync()?;
    folder.rename_at(&aside, folder, path)
}

/// An error in words.
pub(super) fn name(error: ErrorCode) -> String {
    match error {
        ErrorCode::NoEntry => "there is no such file".to_owned(),
        ErrorCode::Access | ErrorCode::NotPermitted => "the platform does not permit it".to_owned(),
        ErrorCode::ReadOnly => "the folder is read-only".to_owned(),
        ErrorCode::InsufficientSpace => "there is no space left".to_owned(),
        ErrorCode::Quota => "the quota is used up".to_owned(),
        ErrorCode::FileTooLarge => "a file cannot be larger".to_owned(),
        other => other.message().to_owned(),
    }
}
