//! A subscription as the body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Bytes;
use futures_core::Stream;

use super::Subscription;
use crate::port::BoxFuture;

type Message = (Option<Bytes>, Subscription);

/// What a subscriber gets, one piece at a time: the next is made when there is room for it.
pub(crate) struct Messages(Option<BoxFuture<'static, Message>>);

impl Messages {
    pub(crate) fn new(subscription: Subscription) -> Self {
        Self(Some(next(subscription)))
    }
}

fn next(mut subscription: Subscription) -> BoxFuture<'static, Message> {
    Box::pin(async move { (subscription.next().await, subscription) })
}

impl Stream for Messages {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(message) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let (text, subscription) = std::task::ready!(message.as_mut().poll(context));
        self.0 = text.is_some().then(|| next(subscription));
        Poll::Ready(text.map(Ok))
    }
}
