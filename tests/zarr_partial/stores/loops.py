"""What goes on on zarr's event loop, where stores do their work."""

import asyncio

from zarr.core.sync import _get_loop, sync

HANG_SECONDS = 20


def tasks_left():
    """Return the tasks that are not over once those that were given up had their turn."""

    async def find():
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            # Over in no time, unless nobody gave them up.
            await asyncio.wait(others, timeout=1)
        return [task for task in others if not task.done()]

    return sync(find())


def run_on_zarrs_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, _get_loop()).result(HANG_SECONDS)
