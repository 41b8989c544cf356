//! `[egress]`.

use std::path::Path;

use super::errors::ConfigErrors;
use crate::config::typed::TypedEgress;
use crate::dial::{EgressConfig, Roots};

/// Whom the gateway may dial, and whom it believes; `ca_file` is taken relative to `base`.
pub(super) fn egress(typed: &TypedEgress, base: &Path, errors: &mut ConfigErrors) -> EgressConfig {
    let mut table = errors.table("egress");
    let mut egress = EgressConfig::default();
    for entry in &typed.allow {
        match entry.parse() {
            Ok(allowed) => egress.allow.push(allowed),
            Err(error) => table.wrong("allow", error),
        }
    }
    if let Some(file) = &typed.ca_file {
        match Roots::read(&base.join(file)) {
            Ok(roots) => egress.roots = roots,
            Err(error) => table.wrong("ca_file", error),
        }
    }
    egress
}
