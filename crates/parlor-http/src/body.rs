//! The body of a request: bounded in bytes and in time.

use std::rc::Rc;
use std::time::Duration;

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
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, activity: Rc<Activity>, grace: Duration) -> Self {
        Self { incoming: Some((incoming, activity)), grace }
    }

    /// Reads everything, at most `bytes_max` bytes and no slower than the limits allow.
    pub(crate) async fn read(&mut self, bytes_max: usize) -> Result<Bytes, Problem> {
        let bytes_max = bytes_max.min(limits::BODY_BYTES_MAX);
        let Some((mut incoming, activity)) = self.incoming.take() else { return Ok(Bytes::new()) };
        if incoming.size_hint().lower() > bytes_max as u64 {
            return Err(too_large(bytes_max));
        }
        let begun = time::now();
        let mut body = BytesMut::new();
        loop {
            let earned_s = body.len() / limits::BODY_BYTES_PER_SECOND_MIN;
            let deadline = begun + self.grace + Duration::from_secs(earned_s as u64);
            let left = deadline.saturating_duration_since(time::now());
            let frame = match time::timeout(left, incoming.frame()).await {
                Err(_) => return Err(too_slow()),
                Ok(None) => {
                    activity.unclaimed.set(false);
                    return Ok(body.freeze());
                }
                Ok(Some(Err(_))) => return Err(Problem::bad_request("The body breaks off.")),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            if body.len() + data.len() > bytes_max {
                return Err(too_large(bytes_max));
            }
            body.extend_from_slice(&data);
        }
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
