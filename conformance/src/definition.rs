//! How a definition is parsed: its tree, and what is wrong with it.

use std::path::Path;

use anyhow::Result;
use lang::{Parsed, Program};
use serde_json::Value as Json;

use crate::compare::{same, same_diagnostics};
use crate::evaluation::{name, read_definition};
use crate::find::{EXPECTED, read_json};

pub(crate) fn test(folder: &Path) -> Result<()> {
    let expected = read_json(&folder.join(EXPECTED))?;
    let Parsed { program, diagnostics } = Program::parse(&name(folder), &read_definition(folder)?);
    same_diagnostics("diags", &diagnostics, &expected["diags"])?;
    let declared = program.map_or(Json::Null, |program| program.dump());
    same("decl", &declared, &expected["decl"])
}
