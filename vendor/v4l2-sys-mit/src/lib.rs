#![doc = include_str!("../README.md")]
#![allow(clippy::all, clippy::pedantic)]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, missing_docs)]

include!("bindings.rs");
