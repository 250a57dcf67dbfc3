//! `escriba serve`: everything together, from the first look at the disk to the last record.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use engine::store::StoreError;
use engine::{Engine, Error, Failure, Installed, SetUp, seal};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::config::Config;
use crate::demo::{self, DemoError};
use crate::http::{App, Limits, Settings, clean, compress, limit, router};
use crate::installation::{Installation, InstallationError, Trust};
use crate::telemetry::Metrics;
use crate::{admin, console, listen, tasks};

/// Why the server did not start, or did not stop well.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The installation cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// There is no demonstration.
    #[error("the demonstration cannot be made")]
    Demo(#[from] DemoError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The TLS files cannot be used.
    #[error("{0}")]
    Tls(String),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The log cannot say that the server started or stopped.
    #[error("the {what} of the server could not be recorded")]
    Unrecorded {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
}

/// Serves until SIGINT or SIGTERM. `greet` is told what a first start made. `demo` has a first start make a month of
/// activity too, and hears how many days of how many are done.
pub async fn serve(
    config: Config,
    demo: Option<impl FnMut(u32, u32)>,
    greet: impl FnOnce(&str, Option<&Installed>),
) -> Result<(), ServeError> {
    let acceptor = match (&config.tls_cert, &config.tls_key) {
        (Some(certificate), Some(key)) => Some(listen::tls(certificate, key).map_err(ServeError::Tls)?),
        _ => None,
    };
    // An order to stop that comes while the server starts is obeyed as soon as it has.
    let stop = stop();
    let listen_error = |source| ServeError::Listen { address: config.listen.clone(), source };
    // Before anything is made: a port that is taken should leave nothing behind.
    let listener = TcpListener::bind(&config.listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;

    let set_up = SetUp { organization: config.organization.clone(), admin: config.admin.clone() };
    let public_url = config.public_url.clone().unwrap_or_else(|| {
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    });
    let filled = match demo {
        Some(tell) => Some(demo::fill(&config.location, set_up.clone(), &public_url, tell).await?),
        None => None,
    };
    let (installation, installed) = config.location.open(Some(set_up), Trust::Required).await?;
    let (engine, installed) = (installation.engine.clone(), filled.or(installed));
    engine.reached_at(&public_url);
    if let Some(provider) = config.provider.clone() {
        engine.signs_in_by(provider);
    }
    let settings = Settings {
        secure_cookies: public_url.starts_with("https://"),
        public_url: public_url.trim_end_matches('/').to_owned(),
        trusted_proxies: config.trusted_proxies.clone(),
        limits: Limits::new(config.rate_limit_token, config.rate_limit_address),
    };
    let app = App { engine: engine.clone(), settings: Arc::new(settings), metrics: Arc::new(Metrics::new()) };

    engine.started(seal::sha256(config.digest_text().as_bytes())).await.map_err(unrecorded("start"))?;
    tasks::stay(&engine).await;
    // What the process before had begun when it was killed.
    tasks::close_orphans(&engine).await;
    let administration = admin::listen(&installation, &config.location.socket(), &public_url);
    let background = tasks::start(&engine, config.deletion_retention);
    greet(&public_url, installed.as_ref());
    tracing::info!(%address, database = engine.database(), "listening");
    if let Some(path) = &config.ready_file {
        write_address(path, &address.to_string())?;
    }

    listen::serve(listener, acceptor, MapRequestLayer::new(clean).layer(service(app)), stop).await;

    tracing::info!("stopping");
    drop(administration);
    drop(background);
    end(installation, &engine).await
}

/// All that listens on the one port: the API and the console.
pub fn service(app: App) -> Router {
    router(app.clone())
        .merge(console::router(app.clone()))
        .layer(from_fn(compress))
        .layer(from_fn_with_state(app.clone(), limit))
        .layer(from_fn_with_state(app, observe))
}

/// Counts and times every request, and names it in the answer.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let clock = &app.engine.ambient().clock;
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    };
    let began = clock.steady();
    let mut response = next.run(request).await;
    let micros = clock.steady() - began;
    #[expect(clippy::cast_precision_loss, reason = "a duration in microseconds is far below 2^52")]
    app.metrics.request(method, response.status().as_u16(), micros as f64 / 1e6);
    if response.status().is_server_error() {
        let id = app.engine.request_id();
        tracing::error!(request = %id, method, status = response.status().as_u16(), "a request failed");
        if let Ok(id) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert("x-pulumi-request-id", id);
        }
    }
    response
}

/// Done when the process is told to stop: from this call on, not only once somebody waits.
fn stop() -> impl Future<Output = ()> {
    let told = |kind| {
        let signals = signal(kind);
        async {
            match signals {
                Ok(mut signals) => {
                    signals.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        }
    };
    let (terminate, interrupt) = (told(SignalKind::terminate()), told(SignalKind::interrupt()));
    async {
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
    }
}

async fn end(installation: Installation, engine: &Engine) -> Result<(), ServeError> {
    if let Err(error) = engine.note_last_uses().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "last uses could not be noted");
    }
    let stopped = engine.stopped().await;
    installation.finish(Trust::Required).await;
    stopped.map(drop).map_err(unrecorded("stop"))
}

fn unrecorded(what: &'static str) -> impl Fn(Failure<Error>) -> ServeError {
    move |failure| {
        let source = match failure {
            Failure::Unrecorded(source) => source,
            Failure::Refused(recorded) => match recorded.into_parts().0 {
                Error::Store(source) => StoreError::NotRecorded(source),
                // Nothing else refuses what the server does by itself.
                _ => StoreError::Closed,
            },
        };
        ServeError::Unrecorded { what, source }
    }
}

/// Says where the server listens to whoever started it: written whole, or not at all.
fn write_address(path: &Path, address: &str) -> Result<(), ServeError> {
    let error = |source| ServeError::Write { path: path.display().to_string(), source };
    let partial = path.with_extension("partial");
    let mut file = std::fs::File::create(&partial).map_err(error)?;
    writeln!(file, "{address}").map_err(error)?;
    drop(file);
    std::fs::rename(&partial, path).map_err(error)
}
