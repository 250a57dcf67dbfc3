//! The servers of a run: one, or several replicas on one database, of which some are killed.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use benches::clock::Random;
use benches::server::{Checked, Installation, Server};

/// The servers, and where each starts again.
pub(crate) struct Replicas {
    all: Vec<(Installation, Option<Server>)>,
}

impl Replicas {
    /// Starts this many servers over an installation that is set up.
    pub(crate) async fn start(first: Installation, count: usize) -> Result<Self> {
        let mut all = Vec::with_capacity(count);
        for number in 2..=count {
            all.push((first.replica(&format!("replica-{number}"))?, None));
        }
        all.insert(0, (first, None));
        let mut this = Self { all };
        this.restart().await?;
        Ok(this)
    }

    /// Where those that run listen.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.all.iter().filter_map(|(_, server)| Some(server.as_ref()?.address)).collect()
    }

    /// Where one of them listens, another one each time.
    pub(crate) fn address(&self, round: u32) -> SocketAddr {
        let addresses = self.addresses();
        addresses[round as usize % addresses.len()]
    }

    /// Kills one, or all: those that are left are the ones that nothing may happen to.
    pub(crate) fn kill_some(&mut self, random: &mut Random) -> Result<()> {
        let all = self.all.len() == 1 || random.one_in(3);
        let chosen = usize::try_from(random.below(self.all.len() as u64)).unwrap_or_default();
        for (number, (_, server)) in self.all.iter_mut().enumerate() {
            if (all || number == chosen)
                && let Some(server) = server.take()
            {
                server.kill()?;
            }
        }
        Ok(())
    }

    /// Now and then, kills servers that are just starting.
    pub(crate) async fn disturb(&self, random: &mut Random) -> Result<()> {
        let killed = self.all.iter().find(|(_, server)| server.is_none());
        let Some((installation, _)) = killed else { return Ok(()) };
        while random.one_in(4) {
            let starting = installation.start()?;
            tokio::time::sleep(Duration::from_millis(random.below(80))).await;
            starting.kill().context("killing a server that starts")?;
        }
        Ok(())
    }

    /// Starts again what was killed.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        for (installation, server) in &mut self.all {
            if server.is_none() {
                *server = Some(installation.serve().await?);
            }
        }
        Ok(())
    }

    /// Derives everything that is stored of the logs again.
    pub(crate) fn fsck(&self) -> Result<Checked> {
        self.installation().fsck()
    }

    /// The first of them.
    pub(crate) fn installation(&self) -> &Installation {
        &self.all[0].0
    }

    /// Stops all, as an operator would.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        for (_, server) in &mut self.all {
            if let Some(server) = server.take() {
                server.stop().await.context("stopping at the end")?;
            }
        }
        Ok(())
    }
}
