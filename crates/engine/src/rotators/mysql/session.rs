//! A session at a MySQL or MariaDB server: as much of the protocol as one statement needs.
//!
//! The driver libraries connect by themselves, past the one way out of the server; this speaks over a connection that
//! was made there.

use seal::{SecretBytes, SecretString, mysql_native_proof, mysql_sha2_proof};
use tokio::io::{AsyncRead, AsyncWrite};

use super::packet::{Packets, Rest};
use crate::rotators::alternate::Login;

const NATIVE: &[u8] = b"mysql_native_password";
const SHA2: &[u8] = b"caching_sha2_password";

/// What this client does: long passwords, the protocol of version 4.1, transactions, proofs of any length, and plugins.
const CAPABILITIES: u32 = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
const UTF8MB4: u8 = 45;
const QUERY: u8 = 3;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Problem {
    /// The server broke off, or says what makes no sense.
    Broken,
    /// It asks for a proof that is not given here.
    Unspoken,
    /// It refused, with an error of this number.
    Refused(u16),
}

/// A session of somebody who is let in.
pub(super) struct Session<S> {
    packets: Packets<S>,
    is_mariadb: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Logs in.
    pub(super) async fn open(stream: S, login: &Login) -> Result<Self, Problem> {
        let mut packets = Packets::new(stream);
        let greeting = packets.read().await?;
        let Greeting { is_mariadb, nonce, plugin } = Greeting::read(&greeting)?;
        let proof = proof(&plugin, &login.password, &nonce).unwrap_or(SecretBytes::new(Vec::new()));
        packets.write(answer(login, &plugin, &proof)?.expose()).await?;
        let mut session = Self { packets, is_mariadb };
        session.enter(login).await?;
        Ok(session)
    }

    /// Whether this is MariaDB.
    pub(super) fn is_mariadb(&self) -> bool {
        self.is_mariadb
    }

    /// Proves who asks, in the way that the server asks for.
    async fn enter(&mut self, login: &Login) -> Result<(), Problem> {
        // It may ask for another way once, and say something about that one.
        for _ in 0..4 {
            let said = self.packets.read().await?;
            match said.split_first() {
                Some((0, _)) => return Ok(()),
                Some((0xff, rest)) => return Err(refused(rest)),
                Some((0xfe, rest)) => {
                    let mut rest = Rest(rest);
                    let plugin = rest.until_zero().to_vec();
                    let nonce = rest.0.strip_suffix(&[0]).unwrap_or(rest.0);
                    let proof = proof(&plugin, &login.password, nonce).ok_or(Problem::Unspoken)?;
                    self.packets.write(proof.expose()).await?;
                }
                // The server remembers the password, and the proof was right.
                Some((1, [3])) => {}
                // It does not, and wants the password itself.
                Some((1, _)) => return Err(Problem::Unspoken),
                _ => return Err(Problem::Broken),
            }
        }
        Err(Problem::Broken)
    }

    /// Runs a statement that gives no rows.
    pub(super) async fn execute(&mut self, statement: &SecretString) -> Result<(), Problem> {
        self.packets.begin();
        let mut command = Vec::with_capacity(1 + statement.expose().len());
        command.push(QUERY);
        command.extend_from_slice(statement.expose().as_bytes());
        self.packets.write(SecretBytes::new(command).expose()).await?;
        let said = self.packets.read().await?;
        match said.split_first() {
            Some((0, _)) => Ok(()),
            Some((0xff, rest)) => Err(refused(rest)),
            _ => Err(Problem::Broken),
        }
    }
}

/// What a server says first.
struct Greeting {
    is_mariadb: bool,
    nonce: Vec<u8>,
    plugin: Vec<u8>,
}

impl Greeting {
    fn read(payload: &[u8]) -> Result<Self, Problem> {
        let mut rest = Rest(payload);
        match rest.take(1)? {
            [10] => {}
            [0xff] => return Err(refused(rest.0)),
            _ => return Err(Problem::Broken),
        }
        let version = rest.until_zero();
        let is_mariadb = version.windows(7).any(|part| part == b"MariaDB");
        rest.take(4)?;
        let mut nonce = rest.take(8)?.to_vec();
        // A filler, half of the capabilities, a character set, a status, the other half.
        rest.take(1 + 2 + 1 + 2 + 2)?;
        let length = usize::from(rest.take(1)?[0]);
        rest.take(10)?;
        let second = rest.take(length.saturating_sub(8).max(13))?;
        nonce.extend_from_slice(second.strip_suffix(&[0]).unwrap_or(second));
        let plugin = rest.until_zero().to_vec();
        Ok(Self { is_mariadb, nonce, plugin })
    }
}

/// The proof of a password, if it is one that is given here.
fn proof(plugin: &[u8], password: &SecretString, nonce: &[u8]) -> Option<SecretBytes> {
    match plugin {
        NATIVE => Some(mysql_native_proof(password, nonce)),
        SHA2 => Some(mysql_sha2_proof(password, nonce)),
        _ => None,
    }
}

/// The answer to a greeting.
fn answer(login: &Login, plugin: &[u8], proof: &SecretBytes) -> Result<SecretBytes, Problem> {
    let mut answer = Vec::with_capacity(128);
    answer.extend_from_slice(&CAPABILITIES.to_le_bytes());
    answer.extend_from_slice(&(1_u32 << 24).to_le_bytes());
    answer.push(UTF8MB4);
    answer.extend_from_slice(&[0; 23]);
    if login.username.contains('\0') {
        return Err(Problem::Broken);
    }
    answer.extend_from_slice(login.username.as_bytes());
    answer.push(0);
    answer.push(u8::try_from(proof.expose().len()).map_err(|_| Problem::Broken)?);
    answer.extend_from_slice(proof.expose());
    answer.extend_from_slice(plugin);
    answer.push(0);
    Ok(SecretBytes::new(answer))
}

fn refused(rest: &[u8]) -> Problem {
    match rest {
        [low, high, ..] => Problem::Refused(u16::from_le_bytes([*low, *high])),
        _ => Problem::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_of_a_server_are_more_than_broken() {
        let whole = [&[10][..], b"5.5.5-10.11.9-MariaDB\0", &[1; 4], &[2; 8], &[0; 8], &[21], &[0; 10], &[3; 12], &[0]];
        let whole = [&whole.concat()[..], NATIVE, &[0]].concat();
        let greeting = Greeting::read(&whole).unwrap();
        assert!(greeting.is_mariadb);
        assert_eq!((greeting.nonce.len(), &*greeting.plugin), (20, NATIVE));
        for length in 0..whole.len() - NATIVE.len() - 1 {
            assert!(matches!(Greeting::read(&whole[..length]), Err(Problem::Broken)), "{length}");
        }
        assert!(matches!(Greeting::read(&[0xff, 0x6a, 0x04]), Err(Problem::Refused(1130))));
    }
}
