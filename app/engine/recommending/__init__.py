"""Demand, VRAM, profile and the platform base in; the kind of platform out, with strength and reasons, before any product is named."""

from app.engine.recommending.recommend import middling_hbm_gbs, recommend

__all__ = ["middling_hbm_gbs", "recommend"]
