//! The WebSocket wire format of RFC 6455, server side, without any I/O.
//!
//! A [`Decoder`] is fed bytes in whatever pieces the network delivers and gives whole messages; a
//! [`Frame`] is the bytes of one outgoing frame. Frames from a server are not masked, so one frame
//! can be built once and shared by every receiver.
//!
//! Invariants: a decoder never holds more than one message and one control frame; memory grows with
//! the bytes that arrived, never with the length a header merely promises; no input panics.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::limits;

/// One message from the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message; its UTF-8 has been checked.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping, to be answered by a pong with the same bytes.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The peer's close frame; nothing follows it.
    Close(Option<Closing>),
}

/// Why a peer closes: the code and the text of its close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The close code (RFC 6455, 7.4).
    pub code: u16,
    /// The reason; at most 123 bytes.
    pub reason: String,
}

/// How the peer broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A reserved bit is set though no extension was agreed on.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// An opcode RFC 6455 does not define.
    #[error("unknown opcode")]
    UnknownOpcode,
    /// A frame from a client must be masked.
    #[error("the frame is not masked")]
    Unmasked,
    /// A control frame is cut in fragments or longer than 125 bytes.
    #[error("a control frame is fragmented or too long")]
    BadControl,
    /// A continuation without a beginning, or a beginning inside another message.
    #[error("fragments are out of order")]
    BadFragment,
    /// A length that was not written in its shortest form, or with its top bit set.
    #[error("the length is written wrongly")]
    BadLength,
    /// A frame or a message longer than this server takes.
    #[error("the message is too long")]
    TooLong,
    /// Text or a close reason that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A close frame with a single byte or a code that may not be sent.
    #[error("the close frame is wrong")]
    BadClose,
}

impl Violation {
    /// The close code that tells the peer.
    #[must_use]
    pub fn close_code(self) -> u16 {
        match self {
            Self::TooLong => 1009,
            Self::NotUtf8 => 1007,
            Self::ReservedBit
            | Self::UnknownOpcode
            | Self::Unmasked
            | Self::BadControl
            | Self::BadFragment
            | Self::BadLength
            | Self::BadClose => 1002,
        }
    }
}

/// The longest frame and message a decoder takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLimits {
    /// The longest frame's payload.
    pub frame_bytes_max: usize,
    /// The longest message, all fragments together.
    pub message_bytes_max: usize,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            frame_bytes_max: limits::WS_FRAME_BYTES_MAX,
            message_bytes_max: limits::WS_MESSAGE_BYTES_MAX,
        }
    }
}

/// Turns bytes from a client into messages.
///
/// After a [`Violation`] or a close frame the decoder is finished and swallows everything.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: MessageLimits,
    head: HeadBuffer,
    frame: Option<OpenFrame>,
    /// The data message under way, over all its fragments.
    message: Option<OpenMessage>,
    control: Vec<u8>,
    finished: bool,
}

impl Decoder {
    /// A decoder at the start of a connection.
    #[must_use]
    pub fn new(limits: MessageLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes bytes off the front of `input` until one message is whole.
    ///
    /// `None` means that the input is used up. Call again while it gives messages.
    ///
    /// # Errors
    ///
    /// When the peer broke the protocol; the connection has to be closed.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Violation> {
        while !self.finished {
            match self.step(input) {
                Ok(Step::More) => {}
                Ok(Step::Starved) => return Ok(None),
                Ok(Step::Message(message)) => {
                    self.finished = matches!(message, Message::Close(_));
                    return Ok(Some(message));
                }
                Err(violation) => {
                    self.finished = true;
                    return Err(violation);
                }
            }
        }
        *input = &[];
        Ok(None)
    }

    /// Whether a close frame or a violation has ended the conversation.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Step, Violation> {
        let Some(mut frame) = self.frame.take() else {
            let Some(head) = self.head.take(input)? else { return Ok(Step::Starved) };
            self.begin(&head)?;
            self.frame = Some(OpenFrame { head, taken: 0 });
            return Ok(Step::More);
        };
        let wanted = frame.head.length - frame.taken;
        let (now, later) = input.split_at(wanted.min(input.len()));
        *input = later;
        let target = match (&mut self.message, frame.head.opcode.is_control()) {
            (Some(message), false) => &mut message.bytes,
            _ => &mut self.control,
        };
        unmask_into(target, now, frame.head.mask, frame.taken);
        frame.taken += now.len();
        if frame.taken < frame.head.length {
            self.frame = Some(frame);
            return Ok(Step::Starved);
        }
        self.end(&frame.head)
    }

    /// Checks a frame's head against the message under way.
    fn begin(&mut self, head: &Head) -> Result<(), Violation> {
        if head.opcode.is_control() {
            return if head.fin && head.length <= 125 {
                Ok(())
            } else {
                Err(Violation::BadControl)
            };
        }
        if head.length > self.limits.frame_bytes_max {
            return Err(Violation::TooLong);
        }
        match (head.opcode, &self.message) {
            (Opcode::Continue, None) | (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(Violation::BadFragment);
            }
            (Opcode::Continue, Some(message)) => {
                if message.bytes.len() + head.length > self.limits.message_bytes_max {
                    return Err(Violation::TooLong);
                }
            }
            (opcode, None) => {
                if head.length > self.limits.message_bytes_max {
                    return Err(Violation::TooLong);
                }
                let text = opcode == Opcode::Text;
                self.message = Some(OpenMessage { text, bytes: Vec::new() });
            }
            (_, Some(_)) => return Err(Violation::BadFragment),
        }
        Ok(())
    }

    /// A frame is complete: gives its message if it ends one.
    fn end(&mut self, head: &Head) -> Result<Step, Violation> {
        match head.opcode {
            Opcode::Ping => Ok(Step::Message(Message::Ping(std::mem::take(&mut self.control)))),
            Opcode::Pong => Ok(Step::Message(Message::Pong(std::mem::take(&mut self.control)))),
            Opcode::Close => {
                let payload = std::mem::take(&mut self.control);
                Ok(Step::Message(Message::Close(closing(&payload)?)))
            }
            Opcode::Continue | Opcode::Text | Opcode::Binary if !head.fin => Ok(Step::More),
            Opcode::Continue | Opcode::Text | Opcode::Binary => match self.message.take() {
                Some(OpenMessage { text: true, bytes }) => {
                    let text = String::from_utf8(bytes).map_err(|_| Violation::NotUtf8)?;
                    Ok(Step::Message(Message::Text(text)))
                }
                Some(OpenMessage { text: false, bytes }) => {
                    Ok(Step::Message(Message::Binary(bytes)))
                }
                None => Err(Violation::BadFragment),
            },
        }
    }
}

/// The bytes of one frame from the server to a client.
#[derive(Debug)]
pub struct Frame;

impl Frame {
    /// A text message in one frame.
    #[must_use]
    pub fn text(text: &str) -> Bytes {
        Self::build(Opcode::Text, text.as_bytes())
    }

    /// A binary message in one frame.
    #[must_use]
    pub fn binary(payload: &[u8]) -> Bytes {
        Self::build(Opcode::Binary, payload)
    }

    /// A ping; the payload is cut at 125 bytes.
    #[must_use]
    pub fn ping(payload: &[u8]) -> Bytes {
        Self::build(Opcode::Ping, &payload[..payload.len().min(125)])
    }

    /// A pong; the payload is cut at 125 bytes.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Bytes {
        Self::build(Opcode::Pong, &payload[..payload.len().min(125)])
    }

    /// A close frame; the reason is cut at 123 bytes, between characters.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Bytes {
        let reason = &reason[..reason.floor_char_boundary(123)];
        let mut payload = Vec::with_capacity(2 + reason.len());
        payload.extend_from_slice(&code.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
        Self::build(Opcode::Close, &payload)
    }

    fn build(opcode: Opcode, payload: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(10 + payload.len());
        out.put_u8(0x80 | opcode as u8);
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(short @ ..=125), _) => out.put_u8(short),
            (_, Ok(medium)) => {
                out.put_u8(126);
                out.put_u16(medium);
            }
            _ => {
                out.put_u8(127);
                out.put_u64(payload.len() as u64);
            }
        }
        out.put_slice(payload);
        out.freeze()
    }
}

enum Step {
    More,
    Starved,
    Message(Message),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Opcode {
    Continue = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continue,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[derive(Debug)]
struct Head {
    fin: bool,
    opcode: Opcode,
    length: usize,
    mask: [u8; 4],
}

#[derive(Debug)]
struct OpenFrame {
    head: Head,
    taken: usize,
}

#[derive(Debug)]
struct OpenMessage {
    text: bool,
    bytes: Vec<u8>,
}

/// Collects the 6 to 14 bytes of a client frame's head.
#[derive(Debug, Default)]
struct HeadBuffer {
    bytes: [u8; 14],
    filled: usize,
}

impl HeadBuffer {
    fn take(&mut self, input: &mut &[u8]) -> Result<Option<Head>, Violation> {
        loop {
            let wanted = self.wanted()?;
            if self.filled == wanted {
                self.filled = 0;
                return self.parse(wanted).map(Some);
            }
            let Some((first, rest)) = input.split_first() else { return Ok(None) };
            self.bytes[self.filled] = *first;
            self.filled += 1;
            *input = rest;
        }
    }

    /// How long the head is, as far as the bytes so far tell; refuses a bad start at once.
    fn wanted(&self) -> Result<usize, Violation> {
        if self.filled >= 1 {
            if self.bytes[0] & 0x70 != 0 {
                return Err(Violation::ReservedBit);
            }
            Opcode::from_bits(self.bytes[0] & 0x0f).ok_or(Violation::UnknownOpcode)?;
        }
        if self.filled < 2 {
            return Ok(2);
        }
        if self.bytes[1] & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        Ok(match self.bytes[1] & 0x7f {
            126 => 8,
            127 => 14,
            _ => 6,
        })
    }

    fn parse(&self, wanted: usize) -> Result<Head, Violation> {
        let bytes = &self.bytes;
        let short = bytes[1] & 0x7f;
        let length = match short {
            126 => u64::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            127 => u64::from_be_bytes([
                bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
            ]),
            short => u64::from(short),
        };
        let shortest = match short {
            126 => length > 125,
            127 => length > u64::from(u16::MAX) && length >> 63 == 0,
            _ => true,
        };
        if !shortest {
            return Err(Violation::BadLength);
        }
        Ok(Head {
            fin: bytes[0] & 0x80 != 0,
            opcode: Opcode::from_bits(bytes[0] & 0x0f).ok_or(Violation::UnknownOpcode)?,
            length: usize::try_from(length).map_err(|_| Violation::TooLong)?,
            mask: [bytes[wanted - 4], bytes[wanted - 3], bytes[wanted - 2], bytes[wanted - 1]],
        })
    }
}

fn unmask_into(target: &mut Vec<u8>, masked: &[u8], mask: [u8; 4], offset: usize) {
    let start = target.len();
    target.extend_from_slice(masked);
    // Turning the mask once keeps the loop free of a remainder per byte.
    let turned: [u8; 4] = std::array::from_fn(|i| mask[(offset + i) % 4]);
    for chunk in target[start..].chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(turned) {
            *byte ^= key;
        }
    }
}

fn closing(payload: &[u8]) -> Result<Option<Closing>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::BadClose) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::BadClose);
    }
    let reason = std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(Closing { code, reason: reason.to_owned() }))
}
