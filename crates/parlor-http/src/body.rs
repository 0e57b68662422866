//! The body of a request: bounded in bytes and in time.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use parlor_engine::time;

use crate::io::Activity;
use crate::limits;
use crate::problem::Problem;

/// What is still to be read of a request.
#[derive(Debug)]
pub(crate) struct RequestBody {
    incoming: Option<(Incoming, Rc<Activity>)>,
    grace: Duration,
    /// When reading began, and how much has come since.
    begun: Option<Instant>,
    received: usize,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, activity: Rc<Activity>, grace: Duration) -> Self {
        Self { incoming: Some((incoming, activity)), grace, begun: None, received: 0 }
    }

    /// Reads everything, at most `bytes_max` bytes and no slower than the limits allow.
    pub(crate) async fn read(&mut self, bytes_max: usize) -> Result<Bytes, Problem> {
        let bytes_max = bytes_max.min(limits::BODY_BYTES_MAX);
        let mut body = BytesMut::new();
        while let Some(piece) = self.piece(bytes_max).await? {
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// Reads the next piece, so that a long body need not be in memory; nothing at the end. At most
    /// `bytes_max` bytes come in all, no slower than the limits allow.
    pub(crate) async fn piece(&mut self, bytes_max: usize) -> Result<Option<Bytes>, Problem> {
        let Some((incoming, activity)) = &mut self.incoming else { return Ok(None) };
        let announced = incoming.size_hint().lower();
        if announced.saturating_add(self.received as u64) > bytes_max as u64 {
            self.incoming = None;
            return Err(too_large(bytes_max));
        }
        let begun = *self.begun.get_or_insert_with(time::now);
        let piece = loop {
            let earned_s = self.received / limits::BODY_BYTES_PER_SECOND_MIN;
            let deadline = begun + self.grace + Duration::from_secs(earned_s as u64);
            let left = deadline.saturating_duration_since(time::now());
            match time::timeout(left, incoming.frame()).await {
                Err(_) => break Err(too_slow()),
                Ok(None) => {
                    activity.unclaimed.set(false);
                    break Ok(None);
                }
                Ok(Some(Err(_))) => break Err(Problem::bad_request("The body breaks off.")),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if self.received + data.len() > bytes_max => {
                        break Err(too_large(bytes_max));
                    }
                    Ok(data) => {
                        self.received += data.len();
                        break Ok(Some(data));
                    }
                    Err(_) => {}
                },
            }
        };
        if !matches!(piece, Ok(Some(_))) {
            self.incoming = None;
        }
        piece
    }
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body is too large: at most {bytes_max} bytes are taken here."),
    )
}

fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The body came too slowly.")
}
