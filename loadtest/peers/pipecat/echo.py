"""Pipecat as people run it for Twilio, with a pipeline that gives back what it hears: it answers the caller itself.

FastAPI on uvicorn, the WebSocket transport, the serializer of Twilio, 8 kHz throughout; one process, one thread.
"""

from __future__ import annotations

import argparse
import os
import socket

# Read when Pipecat is imported, which says hello.
os.environ.setdefault("LOGURU_LEVEL", "WARNING")

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner


class Echo(FrameProcessor):
    """Turns what comes in into what goes out."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        else:
            await self.push_frame(frame, direction)


def parse() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0: any that is free")
    arguments.add_argument("--rate", type=int, default=8_000, help="of the pipeline, in Hz; not 8000: it resamples")
    arguments.add_argument(
        "--chunk-ms", type=int, default=20, choices=range(10, 101, 10), help="audio in a message; Pipecat's own is 40"
    )
    return arguments.parse_args()


options = parse()
app = FastAPI()


@app.websocket("/{path:path}")
async def answer(websocket: WebSocket) -> None:
    """One call, until the caller leaves. Everything that ends or watches a call by time is off."""
    await websocket.accept()
    _, call = await parse_telephony_websocket(websocket)
    serializer = TwilioFrameSerializer(call["stream_id"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    params = FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_10ms_chunks=options.chunk_ms // 10,
        audio_out_end_silence_secs=0,
        serializer=serializer,
    )
    transport = FastAPIWebsocketTransport(websocket, params)
    worker = PipelineWorker(
        Pipeline([transport.input(), Echo(), transport.output()]),
        params=PipelineParams(audio_in_sample_rate=options.rate, audio_out_sample_rate=options.rate),
        cancel_on_idle_timeout=False,
        idle_timeout_secs=None,
        enable_rtvi=False,
        enable_turn_tracking=False,
    )

    @transport.event_handler("on_client_disconnected")
    async def gone(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def main() -> None:
    host, _, port = options.listen.rpartition(":")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    listener.listen(4_096)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        timeout_graceful_shutdown=1,
    )
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    uvicorn.Server(config).run(sockets=[listener])


main()
