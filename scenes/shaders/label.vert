#version 330
in vec3 position; in vec2 tag; uniform mat4 view; flat out float thing;
void main() { thing = tag.y; gl_Position = view * vec4(position, 1); }
