"""A Pipecat bot as people run them: FastAPI, the WebSocket transport, a serializer, a pipeline. It calls nobody.

It gives back what it hears; `*` interrupts it, `#` ends it. Prints `listening on ADDR`.
"""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.serializers.exotel import ExotelFrameSerializer
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

RATE = 8_000


class Echo(FrameProcessor):
    """Turns what comes in into what goes out."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        elif isinstance(frame, InputDTMFFrame):
            print("dtmf", frame.button.value, flush=True)
            if frame.button.value == "*":
                await self.push_frame(InterruptionFrame())
            elif frame.button.value == "#":
                await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)
        else:
            if isinstance(frame, StartFrame | EndFrame):
                print(type(frame).__name__, flush=True)
            await self.push_frame(frame, direction)


def serializer(kind: str, stream_id: str) -> FrameSerializer:
    """Without credentials, so that nobody is asked to hang up."""
    if kind == "twilio":
        return TwilioFrameSerializer(stream_id, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    if kind == "plivo":
        return PlivoFrameSerializer(stream_id, params=PlivoFrameSerializer.InputParams(auto_hang_up=False))
    assert kind == "exotel", f"the detector took us for {kind}"
    return ExotelFrameSerializer(stream_id)


app = FastAPI()


@app.websocket("/{path:path}")
async def answer(websocket: WebSocket) -> None:
    await websocket.accept()
    kind, call = await parse_telephony_websocket(websocket)
    print("call", kind, call["stream_id"], call["call_id"], flush=True)
    params = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_end_silence_secs=0,
        serializer=serializer(kind, call["stream_id"]),
    )
    transport = FastAPIWebsocketTransport(websocket, params)
    pipeline = Pipeline([transport.input(), Echo(), transport.output()])
    rates = PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE)
    worker = PipelineWorker(pipeline, params=rates)

    @transport.event_handler("on_client_disconnected")
    async def gone(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        print("gone", flush=True)
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    await server.serve(sockets=[listener])


logger.remove()
asyncio.run(main())
