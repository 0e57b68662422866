//! The server under test on a port of its own, for what only a real socket shows.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use parlor_engine::{Address, Model, Server, Shutdown};

use crate::house::House;

/// A house that takes connections, on a thread of its own.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    house: House,
    shutdown: Shutdown,
    running: JoinHandle<()>,
}

impl Listening {
    /// Opens the house to connections, on a model.
    pub(crate) fn start(house: House, model: Model) -> Self {
        let mut server = Server::new(model);
        let address = Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let bound = server.listen("irc", &address, parlor_irc::service(house.irc.clone()));
        let Ok(Address::Tcp(address)) = bound else { panic!("bound to {bound:?}") };
        let shutdown = Shutdown::new();
        let running = {
            let shutdown = shutdown.clone();
            std::thread::spawn(move || drop(server.run(shutdown)))
        };
        Self { address, house, shutdown, running }
    }

    /// Tells it to drain.
    pub(crate) fn drain(&self) {
        self.shutdown.trigger();
    }

    /// Waits until it has drained.
    pub(crate) fn end(self) {
        self.drain();
        self.running.join().expect("the server ends");
        self.house.close();
    }
}
