//! Passwords: argon2id on a small pool of threads, so that a storm of sign-ins neither eats the
//! memory nor stops the loops. Beyond its queue the pool is busy and says so.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::oneshot;

use crate::{
    error::Error,
    limits::{HASHING_QUEUE, HASHING_THREADS},
    link::Hashing,
    scram::{Salting, Verifier},
};

/// Too many passwords are waiting to be hashed, or the pool has been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// What verifying a password found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    /// With the hash to store instead, if the stored one has other parameters than today's.
    /// And with the verifier for SCRAM, if it was missing.
    Right {
        renewed: Option<String>,
        scram: Option<String>,
    },
}

/// What is kept of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secrets {
    /// argon2id with its parameters, as a PHC string.
    pub(crate) password: String,
    /// What SCRAM-SHA-256 needs.
    pub(crate) scram: String,
}

/// What was kept, to check a password against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) password: String,
    /// How SCRAM salts the passwords of this account.
    pub(crate) salting: Salting,
    /// Whether there is a verifier with that, too.
    pub(crate) has_scram: bool,
}

/// The threads that hash. Closes when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    _closes: Arc<Closes>,
}

struct Shared {
    params: Params,
    scram_iterations: u32,
    queue: Mutex<Queue>,
    woken: Condvar,
    hashes: AtomicU64,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

enum Job {
    Hash { password: String, salting: Salting, reply: oneshot::Sender<Secrets> },
    Derive { password: String, salting: Salting, reply: oneshot::Sender<String> },
    Verify { password: String, stored: Option<Kept>, reply: oneshot::Sender<Verdict> },
}

struct Closes(Arc<Shared>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Pool {
    /// Starts the threads.
    pub(crate) fn start(hashing: Hashing) -> Result<Self, Error> {
        let (params, scram_iterations) = match hashing {
            Hashing::Standard => (Params::new(19_456, 2, 1, None), 25_000),
            Hashing::Cheap => (Params::new(8, 1, 1, None), 1),
        };
        let params = params.map_err(|_| Error::System { what: "the parameters of argon2id" })?;
        let shared = Arc::new(Shared {
            params,
            scram_iterations,
            queue: Mutex::default(),
            woken: Condvar::new(),
            hashes: AtomicU64::new(0),
        });
        for number in 0..HASHING_THREADS {
            let shared = shared.clone();
            thread::Builder::new()
                .name(format!("parlor-hash-{number}"))
                .spawn(move || shared.work())
                .map_err(|_| Error::System { what: "a thread" })?;
        }
        Ok(Self { _closes: Arc::new(Closes(shared.clone())), shared })
    }

    /// Hashes a password for keeping.
    pub(crate) async fn hash(&self, password: &str, salting: Salting) -> Result<Secrets, Busy> {
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job::Hash { password: password.to_owned(), salting, reply })?;
        answer.await.map_err(|_| Busy)
    }

    /// Derives what SCRAM needs to know of a password that is kept otherwise.
    pub(crate) async fn derive(&self, password: &str, salting: Salting) -> Result<String, Busy> {
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job::Derive { password: password.to_owned(), salting, reply })?;
        answer.await.map_err(|_| Busy)
    }

    /// Checks a password. With nothing stored the answer is `Wrong`, at the same cost.
    pub(crate) async fn verify(
        &self,
        password: &str,
        stored: Option<Kept>,
    ) -> Result<Verdict, Busy> {
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job::Verify { password: password.to_owned(), stored, reply })?;
        answer.await.map_err(|_| Busy)
    }

    /// Returns how dear a proof by SCRAM is made.
    pub(crate) fn scram_iterations(&self) -> u32 {
        self.shared.scram_iterations
    }

    /// Counts the hashes computed so far.
    pub(crate) fn hashes(&self) -> u64 {
        self.shared.hashes.load(Ordering::Relaxed)
    }

    /// Lets the threads end; waiting jobs are answered as busy.
    pub(crate) fn close(&self) {
        self.shared.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), Busy> {
        let mut queue = self.lock();
        if queue.closed || queue.jobs.len() >= HASHING_QUEUE {
            return Err(Busy);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.woken.notify_one();
        Ok(())
    }

    fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.jobs.clear();
        drop(queue);
        self.woken.notify_all();
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            queue = self.woken.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            match job {
                // Who has gone away meanwhile is not worth a hash.
                Job::Hash { reply, .. } if reply.is_closed() => {}
                Job::Derive { reply, .. } if reply.is_closed() => {}
                Job::Verify { reply, .. } if reply.is_closed() => {}
                Job::Hash { password, salting, reply } => {
                    if let Some(hash) = self.hash(&password) {
                        let scram = scram(&password, salting);
                        drop(reply.send(Secrets { password: hash, scram }));
                    }
                }
                Job::Derive { password, salting, reply } => {
                    drop(reply.send(scram(&password, salting)));
                }
                Job::Verify { password, stored, reply } => {
                    drop(reply.send(self.verify(&password, stored.as_ref())));
                }
            }
        }
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn hash(&self, password: &str) -> Option<String> {
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let hash = self.argon2().hash_password(password.as_bytes());
        hash.inspect_err(|error| tracing::error!(%error, "a password could not be hashed"))
            .ok()
            .map(|hash| hash.to_string())
    }

    fn verify(&self, password: &str, stored: Option<&Kept>) -> Verdict {
        let parsed = stored.and_then(|stored| PasswordHash::new(&stored.password).ok());
        let known = stored.filter(|_| parsed.is_some());
        let Some(hash) = parsed.or_else(|| PasswordHash::new(&self.nobodys_hash()).ok()) else {
            return Verdict::Wrong;
        };
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let right = self.argon2().verify_password(password.as_bytes(), &hash).is_ok();
        let (true, Some(known)) = (right, known) else { return Verdict::Wrong };
        let same = Params::try_from(&hash).is_ok_and(|params| {
            let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
            cost(&params) == cost(&self.params)
        });
        Verdict::Right {
            renewed: if same { None } else { self.hash(password) },
            scram: (!known.has_scram).then(|| scram(password, known.salting.clone())),
        }
    }

    /// A hash of no password, with today's parameters, so that a name nobody has costs the same.
    fn nobodys_hash(&self) -> String {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
    }
}

fn scram(password: &str, salting: Salting) -> String {
    Verifier::derive(password, salting).to_string()
}

#[cfg(test)]
mod tests;
