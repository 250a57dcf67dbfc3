//! What an operator asks for of the logs themselves.

use engine::{Becomes, Context, Engine, EpochError, TreeHead, seal};
use serde_json::{Value, json};

use super::run::Trouble;
use crate::http::time;

/// Looks at every log as a whole.
pub(super) async fn check(engine: &Engine) -> Result<Value, Trouble> {
    let logs = engine.log_shapes().await.map_err(EpochError::from)?.into_iter().map(|log| {
        json!({
            "log": log.origin,
            "organization": log.organization,
            "entries": log.shape.entries,
            "waiting": log.shape.waiting,
            "contiguous": log.shape.is_contiguous(),
        })
    });
    let logs: Vec<Value> = logs.collect();
    let distrust = engine.check_trust().await.err().map(|distrust| super::chain(&distrust));
    Ok(json!({ "logs": logs, "distrust": distrust, "frozen": engine.frozen_logs().await.map_err(EpochError::from)? }))
}

/// The verifier keys of the logs, or of one of them.
pub(super) async fn verifier_keys(
    engine: &Engine,
    organization: Option<String>,
    server: bool,
) -> Result<Value, Trouble> {
    let logs = engine.verifier_keys().await.map_err(EpochError::from)?;
    let is_meant = |of: &Option<String>| match &organization {
        Some(organization) => of.as_ref() == Some(organization),
        None => !server || of.is_none(),
    };
    let logs: Vec<Value> = logs
        .into_iter()
        .filter(|log| is_meant(&log.name.organization))
        .map(|log| {
            json!({
                "log": log.name.origin.to_string(),
                "organization": log.name.organization,
                "keys": log.keys,
                "continued_by": log.continued_by.map(|next| next.to_string()),
            })
        })
        .collect();
    Ok(json!({ "logs": logs }))
}

/// Believes the newest signed checkpoints.
pub(super) async fn adopt(engine: &Engine, cx: &Context) -> Result<Value, Trouble> {
    let adopted = engine.adopt_logs(cx).await?;
    engine.destroy_again(cx).await?;
    let adopted = adopted.into_iter().map(|adopted| {
        json!({
            "log": adopted.name.origin.to_string(),
            "organization": adopted.name.organization,
            "head": head(adopted.head),
        })
    });
    Ok(json!({ "adopted": adopted.collect::<Vec<_>>() }))
}

/// Lets logs go on.
pub(super) async fn resume(engine: &Engine, cx: &Context) -> Result<Value, Trouble> {
    let resumed = engine.resume_logs(cx).await?;
    engine.destroy_again(cx).await?;
    let resumed = resumed.into_iter().map(|resumed| {
        let becomes = match resumed.becomes {
            Becomes::Itself => Some(resumed.name.origin.to_string()),
            Becomes::New(origin) => Some(origin.to_string()),
            Becomes::Nothing => None,
        };
        json!({
            "log": resumed.name.origin.to_string(),
            "organization": resumed.name.organization,
            "anchored": head(resumed.anchored),
            "found": head(resumed.found),
            "continued_by": becomes,
        })
    });
    Ok(json!({ "resumed": resumed.collect::<Vec<_>>() }))
}

/// Makes a new key that signs the logs.
pub(super) async fn rotate_key(engine: &Engine, cx: &Context) -> Result<Value, Trouble> {
    let rotated = engine.rotate_log_key(cx).await?;
    let logs = verifier_keys(engine, None, false).await?;
    Ok(json!({ "until": time(rotated.until.saturating_mul(1_000_000).cast_signed()), "logs": logs["logs"] }))
}

/// Builds the index anew.
pub(super) async fn reindex(engine: &Engine) -> Result<Value, Trouble> {
    let blocks = engine.reindex_logs(None).await.map_err(EpochError::from)?;
    Ok(json!({ "blocks": blocks, "entries": blocks * engine::store::index::WIDTH }))
}

fn head(head: TreeHead) -> Value {
    json!({ "size": head.size, "root": seal::hex(&head.root) })
}
