#version 330
uniform vec3 colour; out vec4 lit; void main() { lit = vec4(colour, 0); }
