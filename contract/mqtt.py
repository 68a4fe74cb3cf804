"""The message bus over MQTT 3.1.1; the only module that imports paho.

MQTT 3.1.1 because amqtt never answers an MQTT 5 CONNECT. Sessions are clean, since no
guarantee rests on the broker's memory: processing's own acknowledgement carries it.
So a message is refused with `BusError` while the broker is away, and the caller, who
has it on disk, sends it again; a queue in this process would only hide the loss.
Delivery is at least once: overlapping patterns or a reconnect may repeat a message.
"""

import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from contract import topics
from contract.broker_line import ASK, BufferedSocket, explain
from contract.bus import Handler, check_pattern, check_topic, deliver, fits
from contract.errors import BusError
from contract.messages import Status, dumps

log = logging.getLogger(__name__)

RECONNECT_DELAY_S = (0.25, 5.0)
"""First and longest pause between attempts; it doubles from one to the other."""

MAX_INFLIGHT = 100
"""Unconfirmed QoS 1 messages on the line (background notes: 17 000 messages/s)."""

MAX_QUEUED = 1000
"""Messages not yet confirmed, in flight included, before publish refuses more."""


_AT_ONCE = 200
"""Messages handled before the line is looked at for writing again."""
_MOST_TOPICS = 10_000
"""Topics whose handlers are remembered: those of 3000 sensors."""


class _Client(paho.Client):
    """Paho's client, reading ahead (TLS sockets do so by themselves)."""

    def _create_socket(self) -> "paho.SocketLike":
        plain = super()._create_socket()
        if type(plain) is not socket.socket:
            return plain
        kind = plain.family, plain.type, plain.proto
        return BufferedSocket(*kind, fileno=plain.detach())

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle what has been read ahead before the line is asked again."""
        for _ in range(_AT_ONCE):
            code = super().loop_read(max_packets)
            line = self.socket()
            is_more = isinstance(line, BufferedSocket) and line.pending() > 0
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or not is_more:
                break
        return code


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Which broker, and as whom; clients with the same id throw each other out."""

    client_id: str
    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    keepalive_s: int = 20
    connect_timeout_s: float = 5.0


class MqttBus:
    """A `contract.bus.Bus` over a broker; handlers run on one thread of its own.

    It reconnects by itself, renews its subscriptions each time, and says on
    ``topics.status(client_id)`` (retained) whether it is there.

    Parameters
    ----------
    settings : MqttSettings
        Which broker, and as whom.
    wait : bool
        True: connect now, or raise `BusError` that says why not. False: return at once
        and keep trying.
    """

    def __init__(self, settings: MqttSettings, *, wait: bool = True) -> None:
        self._settings = settings
        self._address = f"{settings.host}:{settings.port}"
        self._status_topic = topics.status(settings.client_id)
        self._news = threading.Condition()
        self._subscriptions: list[tuple[str, int, Handler]] = []
        self._wanted: dict[str, list[tuple[str, Handler]]] = {}
        self._callbacks: list[Callable[[], None]] = []
        self._granted: dict[int, bool] = {}
        self._refusal = ""
        self._renewal_mid: int | None = None
        self._loop_thread_id = 0
        self._is_ready = False
        self._told_away = ""
        self._is_closed = False
        self._client = self._new_client()
        self._start(wait=wait)

    def __enter__(self) -> "MqttBus":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_connected(self) -> bool:
        """Whether the broker has let us in and the line is not known to be broken."""
        return not self._is_closed and self._client.is_connected()

    @property
    def trouble(self) -> str:
        """Why there is no connection; empty while there is one."""
        return "" if self.is_connected else self._refusal or "no answer yet"

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Hand a message to the network; `BusError` if away, full, or no such topic."""
        if self._is_closed:
            raise BusError("the bus is closed")
        if not self._client.is_connected():
            raise self._away()
        info = self._client.publish(check_topic(topic), payload, qos=qos, retain=retain)
        if info.rc == paho.MQTT_ERR_QUEUE_SIZE:
            why = f"the broker has yet to confirm {MAX_QUEUED} messages"
            raise BusError("the bus is full", why, "Send it again a little later.")
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise self._away()

    def subscribe(self, pattern: str, handler: Handler, *, qos: int = 1) -> None:
        """Call the handler for each message that fits; returns once it is in force.

        While the broker is away the subscription is kept for the next connection.
        """
        check_pattern(pattern)
        with self._news:
            self._subscriptions.append((pattern, qos, handler))
            self._wanted.clear()
        if not self.is_connected:
            return
        code, mid = self._client.subscribe(pattern, qos)
        if code == paho.MQTT_ERR_SUCCESS and mid is not None:
            self._await_grant(mid, pattern)

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call back after each (re)connect, and now if there is a connection."""
        with self._news:
            self._callbacks.append(callback)
            is_ready = self._is_ready
        if is_ready:
            callback()

    def close(self) -> None:
        """Say goodbye and leave; messages already taken are sent first."""
        if self._is_closed:
            return
        if self._client.is_connected():
            self._say_offline()
        self._is_closed = True
        self._client.disconnect()
        self._client.loop_stop()

    # ---- connecting ----

    def _new_client(self) -> paho.Client:
        settings = self._settings
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
        )
        client.connect_timeout = settings.connect_timeout_s
        client.max_inflight_messages = MAX_INFLIGHT
        client.max_queued_messages = MAX_QUEUED
        # paho declares whole seconds but only ever adds and compares them.
        client.reconnect_delay_set(*RECONNECT_DELAY_S)  # type: ignore[arg-type]
        client.suppress_exceptions = True
        self._secure(client)
        will = dumps(Status("offline", settings.client_id))
        client.will_set(self._status_topic, will, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_connect_fail = self._connect_failed
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._received
        return client

    def _secure(self, client: paho.Client) -> None:
        settings = self._settings
        try:
            settings.host.encode("idna")
            if settings.username is not None:
                client.username_pw_set(settings.username, settings.password)
            if settings.tls:
                client.tls_set(str(settings.ca_file) if settings.ca_file else None)
        except (OSError, ValueError) as fault:
            raise self._unreachable(fault) from fault

    def _start(self, *, wait: bool) -> None:
        settings = self._settings
        connect = self._client.connect if wait else self._client.connect_async
        try:
            if wait and settings.tls:
                self._greet_securely()
            connect(settings.host, settings.port, settings.keepalive_s)
        except (OSError, ValueError) as fault:
            raise self._unreachable(fault) from fault
        self._client.loop_start()
        if wait:
            self._await_welcome()

    def _greet_securely(self) -> None:
        """Try TLS once before paho does, which leaves a refused socket open."""
        settings = self._settings
        trusted = str(settings.ca_file) if settings.ca_file else None
        context = ssl.create_default_context(cafile=trusted)
        address = (settings.host, settings.port)
        with (
            socket.create_connection(address, settings.connect_timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=settings.host),
        ):
            pass

    def _await_welcome(self) -> None:
        with self._news:
            self._news.wait_for(
                lambda: self._is_ready or self._refusal,
                self._settings.connect_timeout_s,
            )
            is_ready, refusal = self._is_ready, self._refusal
        if not is_ready:
            self.close()
            why = refusal or "it gave no MQTT answer"
            raise BusError(f"cannot join the broker at {self._address}", why, ASK)

    def _unreachable(self, fault: Exception) -> BusError:
        why, next_step = explain(fault, self._settings.ca_file)
        what = f"cannot reach the broker at {self._address}"
        return BusError(what, why, next_step)

    def _away(self) -> BusError:
        return BusError(
            f"the broker at {self._address} is away",
            self._refusal,
            "The connection is tried again by itself.",
        )

    # ---- called on paho's thread ----

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        code: ReasonCode,
        _properties: object,
    ) -> None:
        self._loop_thread_id = threading.get_ident()
        if code.is_failure:
            self._note_away(f"it refuses {self._settings.client_id}: {code}")
            return
        with self._news:
            self._refusal = ""
            wanted = {pattern: qos for pattern, qos, _ in self._subscriptions}
        self._renewal_mid = (
            client.subscribe(list(wanted.items()))[1] if wanted else None
        )
        if self._renewal_mid is None:
            self._announce()

    def _subscribed(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        codes: list[ReasonCode],
        _properties: object,
    ) -> None:
        is_granted = not any(code.is_failure for code in codes)
        if mid != self._renewal_mid:
            with self._news:
                self._granted[mid] = is_granted
                self._news.notify_all()
            return
        if not is_granted:
            log.error("The broker refuses a subscription: %s", codes)
        self._announce()

    def _announce(self) -> None:
        """Tell the world and ourselves that all subscriptions are in force."""
        online = dumps(Status("online", self._settings.client_id))
        self._client.publish(self._status_topic, online, qos=1, retain=True)
        with self._news:
            self._is_ready = True
            callbacks = list(self._callbacks)
            self._news.notify_all()
        log.info("Connected to the broker at %s", self._address)
        self._told_away = ""
        for callback in callbacks:
            try:
                callback()
            except Exception:
                log.exception("A callback after connecting failed")

    def _received(
        self, _client: paho.Client, _data: object, message: paho.MQTTMessage
    ) -> None:
        if self._is_closed:
            return
        topic = message.topic
        wanted = self._wanted.get(topic)
        if wanted is None:
            wanted = self._wanted_by(topic)
        deliver(wanted, topic, bytes(message.payload))

    def _wanted_by(self, topic: str) -> list[tuple[str, Handler]]:
        """Patterns that fit a topic, with their handlers; remembered."""
        with self._news:
            wanted = [(p, h) for p, _, h in self._subscriptions if fits(p, topic)]
            if len(self._wanted) >= _MOST_TOPICS:
                self._wanted.clear()
            self._wanted[topic] = wanted
        return wanted

    def _connect_failed(self, _client: paho.Client, _data: object) -> None:
        # paho calls this while it handles the error, and does not hand it over.
        fault = sys.exc_info()[1]
        self._note_away(explain(fault)[0] if isinstance(fault, Exception) else "")

    def _disconnected(
        self,
        _client: paho.Client,
        _data: object,
        _flags: object,
        code: ReasonCode,
        _properties: object,
    ) -> None:
        with self._news:
            self._is_ready = False
            self._news.notify_all()
        if code.is_failure and not self._is_closed:
            self._note_away(self._refusal or "the connection broke")

    def _note_away(self, why: str) -> None:
        """Keep the reason for the next caller; one log line for each reason."""
        with self._news:
            self._refusal = why
            self._news.notify_all()
        if why != self._told_away:
            self._told_away = why
            log.warning("No broker at %s (%s), trying again", self._address, why)

    # ---- small steps ----

    def _await_grant(self, mid: int, pattern: str) -> None:
        if threading.get_ident() == self._loop_thread_id:
            return  # the answer comes on this very thread: waiting would block it
        with self._news:
            self._news.wait_for(
                lambda: mid in self._granted or not self._is_ready,
                self._settings.connect_timeout_s,
            )
            is_granted = self._granted.pop(mid, True)
        if not is_granted:
            why = "this user may not read that"
            raise BusError(f"the broker refuses to subscribe {pattern!r}", why, ASK)

    def _say_offline(self) -> None:
        """Do what the last will does, which a clean goodbye does not trigger."""
        offline = dumps(Status("offline", self._settings.client_id))
        try:
            info = self._client.publish(self._status_topic, offline, qos=1, retain=True)
            info.wait_for_publish(2.0)
        except (RuntimeError, ValueError):  # away just now: then the will says it
            log.debug("Left without a goodbye")
