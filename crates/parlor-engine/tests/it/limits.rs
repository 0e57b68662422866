//! Limits in total and per address, and what the refused are told.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};

use parlor_engine::{Address, Limits, Model, Server, service};
use socket2::{Domain, Socket, Type};

use crate::running::{MODELS, Running, anywhere, echo, echoed, on_every, patient};

/// A client with an address of its own: all of 127/8 is this machine.
fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, last], 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    patient(socket.into())
}

fn refusal_of(mut client: TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn one_too_many_is_told_so_until_somebody_leaves() {
    on_every("limits::one_too_many_is_told_so_until_somebody_leaves", 4, |model| {
        let limits = Limits { connections_max: 3, ..Limits::default() };
        let server = Running::start(model, limits, service(echo).refuse_with("full\n"));
        let mut inside: Vec<_> = (0..3).map(|_| server.connect()).collect();
        for client in &mut inside {
            echoed(client, b"in");
        }
        assert_eq!(refusal_of(server.connect()), "full\n", "{model}");
        assert_eq!(refusal_of(server.connect()), "full\n", "{model}");

        drop(inside.pop());
        server.wait_for("one left", |counters| counters.live == 2);
        assert_eq!(echoed(server.connect(), b"now"), b"now", "{model}");
        drop(inside);
        server.wait_for("all left", |counters| counters.live == 0);
        let report = server.stop();
        assert_eq!((report.accepted, report.served, report.refused), (6, 4, 2), "{model}");
    });
}

#[test]
fn one_address_does_not_take_the_places_of_others() {
    on_every("limits::one_address_does_not_take_the_places_of_others", 3, |model| {
        let limits = Limits { connections_per_address_max: 2, ..Limits::default() };
        let server = Running::start(model, limits, service(echo).refuse_with("greedy\n"));
        let to = server.port();
        let mut first = connect_from(1, to);
        let mut second = connect_from(1, to);
        echoed(&mut first, b"a");
        echoed(&mut second, b"b");
        assert_eq!(refusal_of(connect_from(1, to)), "greedy\n", "{model}");
        let mut other = connect_from(2, to);
        assert_eq!(echoed(&mut other, b"c"), b"c", "{model}");

        drop(first);
        server.wait_for("one left", |counters| counters.live == 2);
        assert_eq!(echoed(connect_from(1, to), b"d"), b"d", "{model}");
    });
}

#[test]
fn several_listeners_each_with_a_service() {
    for model in MODELS {
        let mut server = Server::new(model.parse::<Model>().unwrap());
        let speak = |word: &'static str| {
            service(move |mut conn| async move {
                conn.push(word.into());
                conn.drain().await.unwrap();
            })
        };
        let Ok(Address::Tcp(first)) = server.listen("first", &anywhere(), speak("one")) else {
            panic!("no port");
        };
        let Ok(Address::Tcp(second)) = server.listen("second", &anywhere(), speak("two")) else {
            panic!("no port");
        };
        let shutdown = parlor_engine::Shutdown::new();
        std::thread::scope(|scope| {
            let request = shutdown.clone();
            let running = scope.spawn(move || server.run(request));
            assert_eq!(refusal_of(patient(TcpStream::connect(first).unwrap())), "one");
            assert_eq!(refusal_of(patient(TcpStream::connect(second).unwrap())), "two");
            shutdown.trigger();
            assert_eq!(running.join().unwrap().served, 2);
        });
    }
}

#[test]
fn an_address_in_use_says_which() {
    let server = Running::start("epoll:1", Limits::default(), service(echo));
    let mut second = Server::new(Model::Threads);
    let error = second.listen("second", &server.address, service(echo)).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", server.address));
    assert_eq!(error.source.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn a_socket_file_that_is_served_or_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let address = Address::Unix(path.clone());
    let running = Running::start_at("epoll:1", Limits::default(), &address, service(echo));
    let mut second = Server::new(Model::Threads);
    assert!(second.listen("second", &address, service(echo)).is_err());
    assert_eq!(echoed(Running::connect_unix(&path), b"mine"), b"mine");
    drop(running);

    std::fs::write(&path, "a file of somebody's").unwrap();
    assert!(second.listen("second", &address, service(echo)).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file of somebody's");
}
