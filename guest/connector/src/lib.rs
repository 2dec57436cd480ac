//! Under construction.
#![forbid(unsafe_code)]

pub mod quickxor;
pub mod table;
