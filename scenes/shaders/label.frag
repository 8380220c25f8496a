#version 330
flat in float thing; out vec4 label;
void main() { label = vec4(thing / 255., 0, 0, 1); }
