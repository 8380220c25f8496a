"""Telling people: MQTT topics and messages, the embedded broker, and sending each alert once."""
