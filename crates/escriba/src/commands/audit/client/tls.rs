//! Whom to believe that they are the server.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

/// Trusts the authorities of this machine, and the certificates of a file.
pub(super) fn connector(ca_cert: Option<&Path>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    // A machine without authorities, as in a small container, can still be given a file.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let given = ca_cert.map_or_else(|| Ok(Vec::new()), read)?;
    for certificate in &given {
        roots.add(certificate.clone()).context("a certificate of --ca-cert cannot be used")?;
    }
    if roots.is_empty() {
        bail!("this machine has no certificates of authorities to trust; give some with --ca-cert");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let by_authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = Verifier { given, by_authorities: by_authorities.build().context("TLS cannot be used")? };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be used")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let name = path.display();
    let certificates = CertificateDer::pem_file_iter(path).with_context(|| format!("{name} cannot be read"))?;
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().with_context(|| format!("{name} is not a certificate in PEM"))?;
    if certificates.is_empty() {
        bail!("{name} holds no certificate in PEM");
    }
    Ok(certificates)
}

/// Believes what the authorities vouch for, and a certificate that was given itself: what `openssl req -x509` makes is
/// its own authority, which the rules for authorities do not let be a server.
#[derive(Debug)]
struct Verifier {
    given: Vec<CertificateDer<'static>>,
    by_authorities: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.given.contains(end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.by_authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authorities.supported_verify_schemes()
    }
}
